/** Resends refused items one by one: an item that is refused again stays open and does not stop the others. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Connection, ConnectionOptions } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { say } from '#cli/output.ts';
import { print } from '#cli/print.ts';
import { withProgress } from '#cli/progress.ts';
import { readJson, refusalOf } from '#cli/refusal.ts';
import { count } from '#cli/table.ts';
import { visible } from '#cli/terminal.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import type { RefusedItem } from './open-items.ts';

type ResendOptions = ConnectionOptions & { mended?: string; reason?: string };
type Resent = Api<'RefusedResent'>;
type RefusedAgain = { key: string; reason: string };

/** `which` is the key of one item, or a list of items. */
export const resendRefused = async (
  connection: Connection,
  which: string | readonly RefusedItem[],
  options: ResendOptions,
): Promise<void> => {
  if (typeof which !== 'string') return resendAll(connection, which, options);
  const resent = await resend(connection, which, options);
  if (resent instanceof Failure) throw resent;
  return print(options, resent, {
    done: `Resent ${count(resent.events.length, 'event')}; the item is closed`,
  });
};

const shownRefusals = 20;

const resendAll = async (
  connection: Connection,
  items: readonly RefusedItem[],
  options: ResendOptions,
): Promise<void> => {
  const resent: Resent[] = [];
  const refused: RefusedAgain[] = [];
  await withProgress(options.json, async bar => {
    for (const { key } of items) {
      bar.say(`Resending: ${resent.length + refused.length} of ${count(items.length, 'item')} done`);
      const outcome = await resend(connection, key, options);
      if (outcome instanceof Failure) refused.push({ key, reason: outcome.message });
      else resent.push(outcome);
    }
  });
  await print(
    options,
    { resent, refused },
    { done: `Resent ${count(resent.length, 'item')}; ${refused.length} refused` },
  );
  if (refused.length === 0) return;
  if (!options.json) {
    for (const { key, reason } of refused.slice(0, shownRefusals)) say(visible(`${key}: ${reason}`));
    if (refused.length > shownRefusals)
      say(`… and ${refused.length - shownRefusals} more; use --json to list all`);
  }
  throw new Failure(1, `${count(refused.length, 'item')} refused again; they stay open`);
};

/** The outcome, or a `Failure` that concerns this item only; throws what would stop the next item as well. */
const resend = async (
  connection: Connection,
  key: string,
  { mended, reason }: ResendOptions,
): Promise<Resent | Failure> => {
  const bytes = mended === undefined ? undefined : await readMended(mended);
  const response = await connection.fetch(`/v1/refused/${key}/resend`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mended_base64: bytes?.toString('base64'), reason }),
  });
  if (response.ok) return readJson<Resent>(response);
  if (response.status === 422) return refusedAgain(await response.text());
  const failure = await refusalOf(response);
  if (response.status === 404 || response.status === 409) return failure;
  throw failure;
};

const refusedAgain = (text: string): Failure => {
  const { rejected = [], detail } = parse(text);
  const [first] = rejected;
  const why = first && `${first.code}${first.path === '' ? '' : ` at ${first.path}`}: ${first.message}`;
  return new Failure(
    1,
    `Refused again: ${why ?? detail ?? text.slice(0, 200)}; correct it and send that with --mended`,
  );
};

const parse = (text: string): Partial<Pick<Api<'ResendRefused'>, 'rejected' | 'detail'>> => {
  try {
    return JSON.parse(text);
  } catch {
    // Not a problem of Annals: the beginning of the response is shown instead.
    return {};
  }
};

const readMended = async (file: string): Promise<Buffer> => {
  const bytes = await (file === '-' ? buffer(process.stdin) : readFile(file)).catch(error => {
    throw new Failure(2, `--mended ${file} cannot be read: ${error.message}`, { cause: error });
  });
  if (bytes.length === 0) throw new Failure(2, `--mended ${file} is empty`);
  if (bytes.length > maxRequestBytes)
    throw new Failure(2, `--mended ${file} is larger than ${maxRequestBytes} bytes, the limit of an item`);
  return bytes;
};
