/** Shows a refused item: its facts and its content, which is escaped for the terminal. */
import type { Connection, ConnectionOptions } from '#cli/connection.ts';
import { openDestination } from '#cli/export/destination.ts';
import { Failure } from '#cli/failure.ts';
import { printJson, printText, say } from '#cli/output.ts';
import { count, renderRecord, showTime } from '#cli/table.ts';
import { visible, visibleLines } from '#cli/terminal.ts';
import { printActor } from '#domain/access/principal.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type ShownItem = Api<'RefusedItem'>;

/** Larger content is cut, and is to be written to a file. */
const maxShownBytes = 16 * 1024;

export const showRefused = async (
  connection: Connection,
  key: string,
  options: ConnectionOptions & { out?: string },
): Promise<void> => {
  // A file that cannot be written is reported before the access is recorded.
  const file = options.out === undefined ? undefined : await openDestination(options.out);
  try {
    const item = await connection.json<ShownItem>(`/v1/refused/${key}`);
    const { base64, ...facts } = item;
    if (!file) return await (options.json ? printJson(item) : printText(describe(item)));
    if (base64 === null)
      throw new Failure(1, `The content of this item is not available (${item.kept.replace('_', ' ')})`);
    await file.write(Buffer.from(base64, 'base64'));
    await file.finish();
    if (file.kind === 'standard output') return;
    if (options.json) await printJson({ ...facts, out: options.out });
    else say(`Wrote ${count(file.written, 'byte')} to ${visible(file.name)}, unchanged`);
  } catch (error) {
    await file?.discard();
    throw error;
  }
};

const describe = (item: ShownItem): string => {
  const { end } = item;
  const time = (instant: string | null): string => (instant === null ? '' : `${showTime(instant)} UTC`);
  const record = renderRecord({
    key: item.key,
    code: item.code,
    path: item.path ?? '',
    sender: printActor(item.sender),
    scope: item.scope_id ?? '',
    occurred: time(item.occurred_at),
    received: time(item.received_at ?? item.filed_at),
    repeats: item.repeats,
    bytes: item.bytes,
    sha256: item.sha256,
    'content type': [item.content_type, item.content_encoding].filter(Boolean).join(', '),
    state: end === null ? 'open' : `${end.how} at ${time(end.at)} by ${printActor(end.by)}`,
  });
  return `${record}\n\n${contentOf(item)}`;
};

const contentOf = ({ kept, base64, content_encoding, parts }: ShownItem): string => {
  if (kept === 'too_large') return 'The content was too large; only its size and hash are kept';
  if (kept === 'incomplete') return `The content has ${parts} parts, and not all of them have arrived yet`;
  if (base64 === null) return 'The content is deleted';
  if (content_encoding !== null)
    return `The content is encoded (${visible(content_encoding)}); write it to a file with --out`;
  const bytes = Buffer.from(base64, 'base64');
  const text = visibleLines(bytes.subarray(0, maxShownBytes).toString());
  return bytes.length <= maxShownBytes
    ? text
    : `${text}\n\nThese are the first ${count(maxShownBytes, 'byte')}; write all of them to a file with --out`;
};
