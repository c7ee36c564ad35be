/**
 * The pieces of a day that are read one after another: objects of the ledger, and row groups of segments.
 */
import type { LedgerObject } from '#aws/ledger-days.ts';
import type { RowQuery } from '#aws/ledger-rows.ts';
import type { BucketCompaction } from '#aws/segment-days.ts';
import { type GroupFacts, mayHold, type SegmentFacts, spanOfGroup } from '#domain/compact/facts.ts';
import type { Recent } from '#domain/compact/recent.ts';
import type { Cells } from '#domain/filter/filter.ts';
import { type Instant, nextInstant } from '#domain/time.ts';
import type { BrowseWorld } from './browse-world.ts';

/** A row with the cells that were asked for. */
export type FoundRow = {
  cells: Cells;
  bytes: number;
  /** Says that all of its cells may be asked for: then its row group is read once for all such rows. */
  choose(): void;
  /** All of its cells. */
  whole(): Promise<Cells>;
};

/** A part of a day, by a key that stays the same. */
export type Piece = {
  key: string;
  /** No row of it was filed before. */
  firstFiledAt: Instant;
  /** Those with the greatest are read first: they hold what is newest. */
  order: Instant;
  /** How many such pieces are read before the walk looks whether the rest is still of use. */
  atOnce: number;
  rows(query: RowQuery): Promise<FoundRow[]>;
};

/** The pieces of a day, and the keys of all segments that are used of it. */
export type DayPieces = { pieces: Piece[]; segments: string[] };

/** What is read: rows of these buckets that occurred in `[from, to]` and were filed before `completeTo`. */
export type DayQuery = {
  buckets: readonly number[];
  /** Undefined: all scopes. */
  selected: { scopeId: string } | undefined;
  completeTo: Instant;
  from: Instant | undefined;
  to: Instant;
  /** The columns that are needed of every row, besides those that tell events and their copies apart. */
  columns: readonly string[];
  /** How far each bucket is compacted, and up to which day that is used. */
  compactions: ReadonlyMap<number, BucketCompaction>;
  compactedTo: string | undefined;
  /** The runs of days that are not compacted, the same throughout a call. */
  recent(bucket: number): Promise<Recent>;
};

/** An object takes few reads, and may be known to hold nothing: many are read at once. */
const objectsAtOnce = 64;

export const objectPieces = (
  { rows }: Pick<BrowseWorld, 'rows'>,
  objects: readonly LedgerObject[],
): Piece[] =>
  objects.map(object => ({
    key: object.key,
    firstFiledAt: object.firstFiledAt,
    order: object.firstFiledAt,
    atOnce: objectsAtOnce,
    rows: async query =>
      (await rows.rows(object, query)).map(({ cells, bytes }) => ({
        cells,
        bytes,
        choose: () => undefined,
        whole: async () => cells,
      })),
  }));

/** What tells events and their copies apart. */
const keyColumns = ['scope_id', 'occurred_at', 'id', 'filed_at', 'content_sha256'];

/** Each holds many rows of few scopes, in their order: after a few of them nothing older may be of use. */
const groupsAtOnce = 2;

export const groupPieces = (
  { segmentRows }: Pick<BrowseWorld, 'segmentRows'>,
  segments: readonly SegmentFacts[],
  { selected, columns: asked, from, to }: DayQuery,
): Piece[] => {
  const columns = [...new Set([...keyColumns, ...asked])];
  return segments.flatMap(segment =>
    segment.groups.flatMap((group, at): Piece[] => {
      if (!mayHoldRows(group, selected, from, to)) return [];
      const bytes = group.text_bytes / group.rows;
      const isSorted = selected !== undefined && group.last_scope_id === selected.scopeId;
      return [
        {
          key: `${segment.key}#${at}`,
          firstFiledAt: segment.first_filed_at,
          order: isSorted ? group.last_occurred_at : segment.last_filed_at,
          atOnce: groupsAtOnce,
          rows: async ({ isWanted, mayHold: mayWant, onRead }) => {
            const span = spanOfGroup(group);
            if (span && !mayWant(span)) return [];
            const found = await segmentRows.pick(segment, at, {
              columns,
              onRead,
              isWanted: (scopeId, occurredAt) =>
                (selected === undefined || scopeId === selected.scopeId) && isWanted(occurredAt),
            });
            const chosen = new ChosenRows(rows => segmentRows.whole(segment, at, rows, onRead));
            return found.map(({ row, cells }) => new GroupRow(cells, bytes, row, chosen));
          },
        },
      ];
    }),
  );
};

/**
 * Keeps the cells of the rows that were chosen alone: a search may find one row in each of many groups, and all
 * of these would not fit into memory.
 */
class ChosenRows {
  readonly #read: (rows: readonly number[]) => Promise<Map<number, Cells>>;
  readonly #chosen = new Set<number>();
  #kept: Promise<Map<number, Cells>> | undefined;

  constructor(read: (rows: readonly number[]) => Promise<Map<number, Cells>>) {
    this.#read = read;
  }

  choose(row: number): void {
    this.#chosen.add(row);
  }

  async whole(row: number): Promise<Cells> {
    this.#kept ??= this.#read([...this.#chosen]);
    return (await this.#kept).get(row) ?? (await this.#read([row])).get(row)!;
  }
}

/** There is one for each row that is read, so it has no functions of its own. */
class GroupRow implements FoundRow {
  readonly cells: Cells;
  readonly bytes: number;
  readonly row: number;
  readonly chosen: ChosenRows;

  constructor(cells: Cells, bytes: number, row: number, chosen: ChosenRows) {
    this.cells = cells;
    this.bytes = bytes;
    this.row = row;
    this.chosen = chosen;
  }

  choose(): void {
    this.chosen.choose(this.row);
  }

  whole(): Promise<Cells> {
    return this.chosen.whole(this.row);
  }
}

const mayHoldRows = (
  group: GroupFacts,
  selected: { scopeId: string } | undefined,
  from: Instant | undefined,
  to: Instant,
): boolean => mayHold(group, selected?.scopeId, { from, to: nextInstant(to) });
