/**
 * Creates or changes a delivery. One that would begin with what was filed more than a day ago is made only once its
 * events were shown and somebody has said yes.
 */
import { askConsent } from '#cli/ask-consent.ts';
import type { Connection } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { printText } from '#cli/output.ts';
import { print } from '#cli/print.ts';
import { codeOf, describeRefusal, readJson } from '#cli/refusal.ts';
import { count, showBytes } from '#cli/table.ts';
import type { Backlog } from '#domain/deliver/backlog.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type Body = { destination?: object | undefined; from?: string | undefined };
export type PutOptions = {
  /** Says yes to whatever it begins with. */
  yes?: boolean;
  ask?: typeof askConsent;
};

export const putDelivery = async (
  connection: Connection,
  path: string,
  body: Body,
  { yes = false, ask = askConsent }: PutOptions,
): Promise<Api<'Delivery'>> => {
  const response = await put(connection, path, yes ? confirmed(body) : body);
  const text = response.status === 409 ? await response.text() : undefined;
  if (text === undefined) return readJson(response);
  if (codeOf(text) !== 'confirmation_required') throw new Failure(1, describeRefusal(409, text));
  const { from, rows, bytes, at_least } = JSON.parse(text) as Backlog;
  const shown = `${at_least ? 'at least ' : ''}${count(rows, 'event')} (${showBytes(bytes)})`;
  const begins = `The delivery would begin with ${shown} that were filed since ${from}`;
  const isWanted = await ask(`${begins}. Send them?`);
  if (isWanted === undefined)
    throw new Failure(1, `${begins}; repeat it with --yes to send them, or without --from to begin now`);
  if (!isWanted) throw new Failure(1, 'The delivery was not made');
  return readJson(await put(connection, path, confirmed(body)));
};

const confirmed = (body: Body) => ({ ...body, confirmed_from: body.from });

const put = (connection: Connection, path: string, body: object): Promise<Response> =>
  connection.fetch(path, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Prints what a new delivery would begin with, and makes nothing. */
export const previewDelivery = async (
  connection: Connection,
  path: string,
  body: Body,
  options: { json: boolean },
): Promise<void> => {
  const estimate = await connection.json<Api<'DeliveryEstimate'>>(path, {
    method: 'PUT',
    body: { ...body, dry_run: true },
  });
  const { from, rows, bytes, at_least } = estimate;
  const most = at_least ? 'at least ' : '';
  const row = { from: from ?? 'now', events: `${most}${rows}`, size: `${most}${showBytes(bytes)}` };
  await print(options, estimate, { table: [row], none: '' });
  if (!options.json) await printText('Nothing was made; leave out --dry-run to make the delivery');
};
