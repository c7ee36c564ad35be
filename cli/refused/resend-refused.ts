/** Sends refused items again, each by itself: one that is refused again stops no other, and stays as it was. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Connection, ConnectionOptions } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson, say } from '#cli/output.ts';
import { withProgress } from '#cli/progress.ts';
import { readJson, refusalOf } from '#cli/send/refusal.ts';
import { count } from '#cli/table.ts';
import { paint } from '#cli/terminal.ts';
import { maxRequestBytes } from '#domain/receive/limits.ts';
import type { RefusedItem } from './refused-item.ts';

type ResendOptions = ConnectionOptions & { mended?: string; reason?: string };
type Resent = {
  key: string;
  events: { index: number; id: string; occurred_at: string }[];
  mended: boolean;
};
type Rejected = { code: string; path: string; message: string };
type Refused = { key: string; reason: string };

/** One by its key, or all of a list. */
export const resendRefused = async (
  connection: Connection,
  which: string | readonly RefusedItem[],
  options: ResendOptions,
): Promise<void> => {
  if (typeof which !== 'string') return resendAll(connection, which, options);
  const resent = await resend(connection, which, options);
  if (resent instanceof Failure) throw resent;
  if (options.json) return printJson(resent);
  return print(`${paint('green', `${count(resent.events.length, 'event')} sent again`)}; the item has ended`);
};

const shownRefusals = 20;

const resendAll = async (
  connection: Connection,
  items: readonly RefusedItem[],
  options: ResendOptions,
): Promise<void> => {
  const resent: Resent[] = [];
  const refused: Refused[] = [];
  await withProgress(options.json, async bar => {
    for (const { key } of items) {
      bar.say(`${count(resent.length + refused.length, 'item')} of ${items.length}`);
      const outcome = await resend(connection, key, options);
      if (outcome instanceof Failure) refused.push({ key, reason: outcome.message });
      else resent.push(outcome);
    }
  });
  if (options.json) await printJson({ resent, refused });
  else
    await print(`${paint('green', `${count(resent.length, 'item')} sent again`)}, ${refused.length} refused`);
  if (refused.length === 0) return;
  if (!options.json) {
    for (const { key, reason } of refused.slice(0, shownRefusals)) say(`${key}: ${reason}`);
    if (refused.length > shownRefusals) say(`… and ${refused.length - shownRefusals} more; --json has all`);
  }
  throw new Failure(1, `${count(refused.length, 'item')} refused; nothing has changed for them`);
};

/** What became of it, or the `Failure` that is of this item alone; throws what would be so of the next as well. */
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
  const where = first && `${first.code}${first.path === '' ? '' : ` at ${first.path}`}: ${first.message}`;
  return new Failure(
    1,
    `Refused again: ${where ?? detail ?? text.slice(0, 200)}; mend it, and send that with --mended`,
  );
};

const parse = (text: string): { rejected?: Rejected[]; detail?: string } => {
  try {
    return JSON.parse(text);
  } catch {
    // The answer is not one of ours: its beginning has to do.
    return {};
  }
};

const readMended = async (file: string): Promise<Buffer> => {
  const bytes = await (file === '-' ? buffer(process.stdin) : readFile(file)).catch(error => {
    throw new Failure(2, `--mended ${file} cannot be read: ${error.message}`, { cause: error });
  });
  if (bytes.length === 0) throw new Failure(2, `--mended ${file} is empty`);
  if (bytes.length > maxRequestBytes)
    throw new Failure(2, `--mended ${file} has more than ${maxRequestBytes} bytes; an item has at most that`);
  return bytes;
};
