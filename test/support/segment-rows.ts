/** Rows for segments: lines as the ledger has them, from a few cells. */
import fc from 'fast-check';
import { columns } from '#domain/archive/columns.ts';
import {
  type Cell,
  columnNames,
  encodeFiledLine,
  orderOf,
  type RowCells,
  readFiledLine,
} from '#domain/compact/filed-line.ts';
import type { SegmentRow } from '#domain/compact/segment-file.ts';
import { instantOf, nanosecondsOf } from '#domain/time.ts';

const usual: Record<string, Cell> = {
  action: 'context.create',
  actor: '{"id":"u-1","type":"user"}',
  target: '{"id":"c-1","type":"context"}',
  payload: '{}',
  occurred_at: '2026-11-20T10:00:00.000000000Z',
  metadata: '{}',
  id: '0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77',
  version: 1,
  scope: '{"id":"acme","type":"account"}',
  success: true,
  scope_id: 'acme',
  actor_id: 'u-1',
  target_id: 'c-1',
  content_sha256: 'c'.repeat(64),
  received_at: '2026-11-20T10:00:00.100000000Z',
  received_from: 'emitter',
  received_request_id: 'r-1',
  filed_at: '2026-11-20T10:00:01.000000000Z',
};

export const cellsWith = (change: Record<string, Cell> = {}): RowCells =>
  columnNames.map(name => ({ ...usual, ...change })[name]);

export const segmentRow = (cells: RowCells): SegmentRow => ({
  ...orderOf(cells),
  line: Buffer.from(encodeFiledLine(cells)),
});

export const segmentRowOf = (line: Buffer): SegmentRow => {
  const read = readFiledLine(line);
  if ('fault' in read) throw new Error(read.fault);
  return segmentRow(read.cells);
};

/** The instant that many seconds after another. */
export const secondsAfter = (instant: string, seconds: number): string =>
  instantOf(nanosecondsOf(instant) + BigInt(seconds) * 1_000_000_000n);

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', '\ufeff', '\ufeffx', '"', '\\', '\u0000', '\u2028', '\u{1f600}\ufffd', 'NULL', 'é'),
);
const instant = fc
  .integer({ min: 0, max: 86_399 })
  .map(seconds => secondsAfter('2026-11-20T00:00:00.000000000Z', seconds));
const cellOf: Record<string, fc.Arbitrary<Cell>> = {
  occurred_at: instant,
  filed_at: instant,
  id: fc.uuid(),
  content_sha256: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
  scope_id: fc.option(fc.constantFrom('acme', 'beta', '\u{1f600}', '\uffff', ''), { nil: undefined }),
};

/** Cells of every type, with texts that readers are known to change. */
export const arbitraryCells: fc.Arbitrary<RowCells> = fc
  .tuple(
    ...columns.map(({ name, type, isRequired }): fc.Arbitrary<Cell> => {
      const known = cellOf[name];
      if (known) return known;
      const any: fc.Arbitrary<Cell> =
        type === 'integer'
          ? fc.integer({ min: 1, max: 2 ** 31 - 1 })
          : type === 'boolean'
            ? fc.boolean()
            : text.map(each => each.toWellFormed());
      return isRequired ? any : fc.option(any, { nil: undefined });
    }),
  )
  .map(cells => cells as RowCells);
