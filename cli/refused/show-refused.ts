/** A refused item for a person: what is known of it, and its bytes, of which nothing reaches the terminal unescaped. */
import type { Connection, ConnectionOptions } from '#cli/connection.ts';
import { openDestination } from '#cli/export/destination.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson, say } from '#cli/output.ts';
import { readJson } from '#cli/send/refusal.ts';
import { count, renderRecord, showTime } from '#cli/table.ts';
import { visibleLines } from '#cli/terminal.ts';
import type { RefusedItem } from './refused-item.ts';

type ShownItem = RefusedItem & {
  content_type: string | null;
  content_encoding: string | null;
  base64: string | null;
};

/** More than that is for a file. */
const maxShownBytes = 16 * 1024;

export const showRefused = async (
  connection: Connection,
  key: string,
  options: ConnectionOptions & { out?: string },
): Promise<void> => {
  // What is in the way of the file is found before the access is recorded.
  const file = options.out === undefined ? undefined : await openDestination(options.out);
  try {
    const item = await readJson<ShownItem>(await connection.fetch(`/v1/refused/${key}`));
    const { base64, ...facts } = item;
    if (!file) return await (options.json ? printJson(item) : print(describe(item)));
    if (base64 === null)
      throw new Failure(1, `Of this item nothing is kept that could be written (${item.kept})`);
    await file.write(Buffer.from(base64, 'base64'));
    await file.finish();
    if (file.kind === 'standard output') return;
    if (options.json) await printJson({ ...facts, out: options.out });
    else say(`${count(file.written, 'byte')} written to ${file.name}, as they came`);
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
    sender: item.sender,
    scope: item.scope_id ?? '',
    occurred: time(item.occurred_at),
    received: time(item.received_at ?? item.filed_at),
    repeats: item.repeats,
    bytes: item.bytes,
    sha256: item.sha256,
    'content type': [item.content_type, item.content_encoding].filter(Boolean).join(', '),
    state: end === null ? 'open' : `${end.how} at ${time(end.at)} by ${end.by}`,
  });
  return `${record}\n\n${contentOf(item)}`;
};

const contentOf = ({ kept, base64, content_encoding, parts }: ShownItem): string => {
  if (kept === 'too_large') return 'It was too large: only its size and hash are kept';
  if (kept === 'incomplete') return `Not all of its ${parts} parts have come; what is missing may still come`;
  if (base64 === null) return 'Its bytes are deleted';
  if (content_encoding !== null)
    return `Its bytes are ${visibleLines(content_encoding)}; write them with --out`;
  const bytes = Buffer.from(base64, 'base64');
  const text = visibleLines(bytes.subarray(0, maxShownBytes).toString());
  return bytes.length <= maxShownBytes
    ? text
    : `${text}\n\nThe first ${count(maxShownBytes, 'byte')}; write all of it with --out`;
};
