/**
 * Makes segments: takes the objects of a run one after another, proves each against its key, and writes what
 * they hold as one segment; reads a segment back and sums its rows. All computing of compaction is here, so that
 * it can run beside what must not wait.
 */
import { createHash } from 'node:crypto';
import { type FiledRow, readFiledObject } from '#domain/archive/filed-object.ts';
import { parseObjectKey } from '#domain/archive/layout.ts';
import type { Instant } from '#domain/time.ts';
import type { ObjectExtent } from './cut.ts';
import type { GroupFacts } from './facts.ts';
import { encodeFiledLine, filedRowOf, orderOf, readFiledLine } from './filed-line.ts';
import { RowSum } from './row-sum.ts';
import {
  arrange,
  readGroups,
  rowsOfGroupCells,
  type SegmentRow,
  SegmentWriter,
  sourceOf,
} from './segment-file.ts';

export type MadeSegment = {
  bytes: Buffer;
  sha256: string;
  rows: number;
  rows_sum: string;
  text_bytes: number;
  first_filed_at: Instant;
  last_filed_at: Instant;
  groups: GroupFacts[];
};

export type SegmentSums = { sha256: string; rows: number; rows_sum: string };

export class SegmentMaker {
  readonly #buckets: number;
  readonly #rowsOfGroup: number | undefined;
  /** The rows of each object that was added and is in no segment yet. */
  #objects: SegmentRow[][] = [];

  constructor(buckets: number, rowsOfGroup?: number) {
    this.#buckets = buckets;
    this.#rowsOfGroup = rowsOfGroup;
  }

  /** Forgets the objects that were added. */
  clear(): void {
    this.#objects = [];
  }

  /** Adds the next object; or says what is wrong with it, without its content. */
  add(key: string, bytes: Buffer): ObjectExtent | { fault: string } {
    const name = parseObjectKey(key);
    if (!name) return { fault: 'its name is not one of ours' };
    const rows: SegmentRow[] = [];
    let textBytes = 0;
    // Each line is read once: for what the object must be, and for its cells.
    const readRow = (line: Buffer): FiledRow | { fault: string } => {
      const read = readFiledLine(line);
      if ('fault' in read) return read;
      rows.push({ ...orderOf(read.cells), line, cells: read.cells });
      textBytes += line.length + 1;
      return filedRowOf(read.cells);
    };
    const { faults, lastFiledAt } = readFiledObject(bytes, name, this.#buckets, readRow);
    if (faults.length > 0)
      return { fault: faults.map(({ kind, detail }) => `${kind} (${detail})`).join(', ') };
    this.#objects.push(rows);
    return { rows: rows.length, textBytes, firstFiledAt: name.firstFiledAt, lastFiledAt: lastFiledAt! };
  }

  /** Adds the rows of a segment, as if they were those of an object. Throws if its bytes are not whole. */
  async addSegment(bytes: Buffer): Promise<void> {
    const rows: SegmentRow[] = [];
    for await (const group of readGroups(sourceOf(bytes)))
      for (const cells of rowsOfGroupCells(group))
        rows.push({ ...orderOf(cells), line: Buffer.from(encodeFiledLine(cells)), cells });
    this.#objects.push(rows);
  }

  /** Writes the first `objects` of those that were added as one segment, and forgets them. */
  make(objects: number): MadeSegment {
    const rows = arrange(this.#objects.splice(0, objects).flat());
    const writer = new SegmentWriter(this.#rowsOfGroup);
    const sum = new RowSum();
    for (const group of writer.groupsOf(rows)) writer.write(group, cells => sum.add(cells));
    const { bytes, groups } = writer.end();
    let first = rows[0]!.filed_at;
    let last = first;
    let text = 0;
    for (const { filed_at, line } of rows) {
      if (filed_at < first) first = filed_at;
      if (filed_at > last) last = filed_at;
      text += line.length + 1;
    }
    return {
      bytes,
      sha256: sha256Of(bytes),
      rows: rows.length,
      rows_sum: sum.hex(),
      text_bytes: text,
      first_filed_at: first,
      last_filed_at: last,
      groups,
    };
  }

  /** Reads the bytes of a segment; throws if they are not whole. */
  async sum(bytes: Buffer): Promise<SegmentSums> {
    const sum = new RowSum();
    for await (const group of readGroups(sourceOf(bytes)))
      for (const cells of rowsOfGroupCells(group)) sum.add(cells);
    return { sha256: sha256Of(bytes), rows: sum.rows, rows_sum: sum.hex() };
  }
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
