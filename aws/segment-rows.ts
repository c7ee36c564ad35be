/**
 * Reads row groups of segments, by ranges, and small segments as a whole, of the version that the facts name. A
 * segment that is missing, is another version or cannot be read is a `BadSegment`: whoever reads it takes the
 * ledger. A bucket that was copied has other versions of the same bytes, which their SHA-256 proves.
 */
import { createHash } from 'node:crypto';
import type { SegmentFacts } from '#domain/compact/facts.ts';
import { type Cell, columnNames } from '#domain/compact/filed-line.ts';
import {
  type OpenGroup,
  openGroup,
  type SegmentFooter,
  type SegmentSource,
} from '#domain/compact/row-group.ts';
import { readFooter, sourceOf } from '#domain/compact/segment-file.ts';
import type { Cells } from '#domain/filter/filter.ts';
import { LeastRecentlyUsed } from '#domain/least-recently-used.ts';
import type { Objects } from './objects.ts';

export class BadSegment extends Error {
  readonly key: string;
  constructor(key: string, reason: string, options?: ErrorOptions) {
    super(`The segment ${key} ${reason}`, options);
    this.name = 'BadSegment';
    this.key = key;
  }
}

export type GroupQuery = { columns: readonly string[]; onRead(bytes: number): void };
export type PickQuery = GroupQuery & {
  isWanted(scopeId: string | undefined, occurredAt: string): boolean;
};

/** The columns that tell whether a row is wanted. */
const choosing = ['scope_id', 'occurred_at'];

/** Of row groups, over all footers. */
const keptGroups = 5000;
const keptBytes = 64 * 1024 * 1024;
/** A segment of at most so many bytes is read as a whole, in one request that takes no longer than its footer. */
const readWholeUpTo = 1024 * 1024;

type Views = Pick<Objects, 'get' | 'range'>;

export class SegmentRows {
  readonly #views: Views;
  readonly #readWholeUpTo: number;
  readonly #footers = new LeastRecentlyUsed<SegmentFooter>(keptGroups);
  /** Segments that were read as a whole. */
  readonly #proven = new LeastRecentlyUsed<Buffer>(keptBytes);
  /** Those that are being read as a whole. */
  readonly #proving = new Map<string, Promise<Buffer>>();

  /** Segments of at most so many bytes are read as a whole. */
  constructor(views: Views, wholeUpTo = readWholeUpTo) {
    this.#views = views;
    this.#readWholeUpTo = wholeUpTo;
  }

  /** The wanted ones of a group's rows, and the place of each; the others cost little. Throws `BadSegment`. */
  pick(segment: SegmentFacts, group: number, query: PickQuery): Promise<{ row: number; cells: Cells }[]> {
    const { isWanted } = query;
    const others = query.columns.filter(name => !choosing.includes(name));
    const columns = [...choosing, ...others];
    return this.#reading(segment, query.onRead, async open => {
      const { rows, read } = await open(group, columns);
      const [scopes, times] = (await read(choosing)) as [(string | undefined)[], string[]];
      const wanted: number[] = [];
      for (let row = 0; row < rows; row++) if (isWanted(scopes[row], times[row]!)) wanted.push(row);
      if (wanted.length === 0) return [];
      const from = wanted[0]!;
      const cells = await read(others, { from, to: wanted.at(-1)! + 1 });
      return wanted.map(row => {
        const its: Record<string, Cell> = { scope_id: scopes[row], occurred_at: times[row] };
        for (let at = 0; at < others.length; at++) its[others[at]!] = cells[at]![row - from];
        return { row, cells: its };
      });
    });
  }

  /** All cells of these rows of a group, by their places; those between them are decoded too. Throws `BadSegment`. */
  whole(
    segment: SegmentFacts,
    group: number,
    rows: readonly number[],
    onRead: GroupQuery['onRead'],
  ): Promise<Map<number, Cells>> {
    return this.#reading(segment, onRead, async open => {
      const { read } = await open(group, columnNames);
      const from = Math.min(...rows);
      const cells = await read(columnNames, { from, to: Math.max(...rows) + 1 });
      const cellsOf = (row: number): Cells =>
        Object.fromEntries(columnNames.map((name, at) => [name, cells[at]![row - from]]));
      return new Map(rows.map(row => [row, cellsOf(row)]));
    });
  }

  async #reading<Read>(
    segment: SegmentFacts,
    onRead: (bytes: number) => void,
    read: (open: (group: number, columns: readonly string[]) => Promise<OpenGroup>) => Promise<Read>,
  ): Promise<Read> {
    let failure: unknown;
    const source = this.#sourceOf(segment, onRead, error => {
      failure = error;
    });
    try {
      const known = this.#footers.get(segment.key);
      const footer = known ?? (await readFooter(source));
      this.#footers.set(segment.key, footer, footer.row_groups.length);
      return await read(async (group, columns) => {
        const opened = await openGroup(source, footer, { group, columns });
        if (opened.rows === segment.groups[group]?.rows) return opened;
        throw new BadSegment(segment.key, 'has other rows than were written');
      });
    } catch (error) {
      if (failure !== undefined) throw failure;
      if (error instanceof BadSegment) throw error;
      throw new BadSegment(segment.key, 'cannot be read', { cause: error });
    }
  }

  #sourceOf(
    segment: SegmentFacts,
    onRead: (bytes: number) => void,
    onFailure: (error: unknown) => void,
  ): SegmentSource {
    const read = async (start: number, end: number): Promise<ArrayBuffer> => {
      const proven =
        segment.bytes <= this.#readWholeUpTo
          ? await this.#prove(segment, onRead)
          : this.#proven.get(segment.key);
      if (proven) return sourceOf(proven).slice(start, end) as ArrayBuffer;
      const part = await this.#views.range(segment.key, { start, end, etag: segment.etag });
      if (!part) return sourceOf(await this.#prove(segment, onRead)).slice(start, end) as ArrayBuffer;
      onRead(part.bytes.length);
      if (part.size !== segment.bytes || part.bytes.length !== end - start)
        throw new BadSegment(segment.key, `has ${part.size} bytes instead of ${segment.bytes}`);
      return sourceOf(part.bytes).slice(0) as ArrayBuffer;
    };
    return {
      byteLength: segment.bytes,
      slice: async (start, end = segment.bytes) => {
        try {
          return await read(start, end);
        } catch (error) {
          onFailure(error);
          throw error;
        }
      },
    };
  }

  /** The whole segment. Several of its groups may be read side by side. */
  #prove(segment: SegmentFacts, onRead: (bytes: number) => void): Promise<Buffer> {
    const proven = this.#proven.get(segment.key);
    if (proven) return Promise.resolve(proven);
    const started =
      this.#proving.get(segment.key) ??
      this.#readWhole(segment, onRead).finally(() => this.#proving.delete(segment.key));
    this.#proving.set(segment.key, started);
    return started;
  }

  async #readWhole({ key, bytes, sha256 }: SegmentFacts, onRead: (bytes: number) => void): Promise<Buffer> {
    const stored = await this.#views.get(key);
    if (!stored) throw new BadSegment(key, 'is missing');
    onRead(stored.bytes.length);
    const isSame =
      stored.bytes.length === bytes && createHash('sha256').update(stored.bytes).digest('hex') === sha256;
    if (!isSame) throw new BadSegment(key, 'is not the one that was written');
    this.#proven.set(key, stored.bytes, stored.bytes.length);
    return stored.bytes;
  }
}
