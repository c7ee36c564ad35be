import { describe, expect, it } from 'vitest';
import type { SegmentRows } from '#aws/segment-rows.ts';
import type { GroupFacts, SegmentFacts } from '#domain/compact/facts.ts';
import { noRecent } from '#domain/compact/recent.ts';
import { type DayQuery, groupPieces, objectPieces } from '#functions/workflows/pieces.ts';
import { openBrowseWorld, uuid } from '#test/support/browse-world.ts';

const at = (time: string) => `2026-11-23T${time}.000000000Z`;
const query: DayQuery = {
  buckets: [0],
  selected: { scopeId: 'acme' },
  completeTo: at('23:00:00'),
  from: undefined,
  to: at('22:00:00'),
  columns: [],
  compactions: new Map(),
  compactedTo: undefined,
  recent: async bucket => noRecent(bucket),
};
const group = (scopes: [string, string], times: [string, string]): GroupFacts => ({
  rows: 2,
  text_bytes: 10,
  first_scope_id: scopes[0],
  last_scope_id: scopes[1],
  first_occurred_at: at(times[0]),
  last_occurred_at: at(times[1]),
});
const segmentOf = (...groups: GroupFacts[]): SegmentFacts => ({
  key: 'segments/x',
  bytes: 1,
  etag: '',
  sha256: '',
  rows: 2 * groups.length,
  text_bytes: 1,
  first_filed_at: at('10:00:00'),
  last_filed_at: at('12:00:00'),
  groups,
});

describe('the pieces of a day', () => {
  it('are the row groups that may hold the scope, by its newest row if they end with it', async () => {
    const { world } = await openBrowseWorld();
    const segment = segmentOf(
      group(['aaa', 'abc'], ['10:00:00', '10:30:00']),
      group(['abc', 'acme'], ['10:30:00', '11:00:00']),
      group(['acme', 'beta'], ['11:00:00', '11:30:00']),
      group(['beta', 'zeta'], ['11:30:00', '11:45:00']),
    );
    const pieces = groupPieces(world, [segment], query);
    expect(pieces.map(({ key, order }) => [key, order])).toEqual([
      ['segments/x#1', at('11:00:00')],
      ['segments/x#2', at('12:00:00')],
    ]);
    // Its first row occurred after all that is asked.
    expect(groupPieces(world, [segment], { ...query, to: at('10:59:00') })).toHaveLength(1);
    const nothing = {
      selected: query.selected,
      isWanted: () => true,
      mayHold: () => false,
      onRead: () => undefined,
    };
    const own = segmentOf(group(['acme', 'acme'], ['10:00:00', '10:30:00']));
    expect(await groupPieces(world, [own], query)[0]!.rows(nothing)).toEqual([]);
    const mixed = segmentOf({
      ...group(['abc', 'beta'], ['10:30:00', '10:10:00']),
      least_occurred_at: at('10:00:00'),
      greatest_occurred_at: at('10:45:00'),
    });
    const spans: object[] = [];
    const none = {
      ...nothing,
      mayHold: (span: object): boolean => {
        spans.push(span);
        return false;
      },
    };
    expect(await groupPieces(world, [mixed], query)[0]!.rows(none)).toEqual([]);
    expect(spans).toEqual([{ least: at('10:00:00'), greatest: at('10:45:00') }]);
  });

  it('are the objects of the ledger', async () => {
    const { world, file, ledger } = await openBrowseWorld();
    const event = { id: uuid(1), occurredAt: at('10:00:00'), filedAt: at('10:00:01'), scope: 'acme' };
    await file([event], at('10:00:01'));
    const objects = [];
    for await (const { key, bytes } of ledger.list('events/'))
      objects.push({ key, bytes, firstFiledAt: event.filedAt });
    const [piece, ...more] = objectPieces(world, objects);
    expect(more).toEqual([]);
    expect(piece).toMatchObject({ key: objects[0]!.key, order: event.filedAt, firstFiledAt: event.filedAt });
    const all = { selected: undefined, isWanted: () => true, mayHold: () => true, onRead: () => undefined };
    const [row] = await piece!.rows(all);
    expect(row!.cells).toMatchObject({ id: uuid(1) });
    expect(await row!.whole()).toBe(row!.cells);
  });

  it('read a row group once for all rows that were chosen, and keep the cells of no others', async () => {
    const { world } = await openBrowseWorld();
    const cellsOf = (n: number) => ({ scope_id: 'acme', occurred_at: at('10:00:00'), id: uuid(n) });
    const rows = [0, 1, 2, 3].map(cellsOf);
    const reads: number[][] = [];
    const segmentRows = {
      pick: async () => rows.map((cells, row) => ({ row, cells })),
      whole: async (_: unknown, __: unknown, places: readonly number[]) => {
        reads.push([...places]);
        return new Map(places.map(n => [n, { ...cellsOf(n), action: `whole.${n}` }]));
      },
    } as unknown as SegmentRows;
    const segment = segmentOf(group(['acme', 'acme'], ['10:00:00', '10:30:00']));
    const [piece] = groupPieces({ ...world, segmentRows }, [segment], query);
    const all = { selected: undefined, isWanted: () => true, mayHold: () => true, onRead: () => undefined };
    const found = await piece!.rows(all);
    for (const n of [1, 3]) found[n]!.choose();
    expect(await found[3]!.whole()).toMatchObject({ action: 'whole.3' });
    expect(await found[1]!.whole()).toMatchObject({ action: 'whole.1' });
    expect(reads).toEqual([[1, 3]]);
    // It was not chosen, so it is read anew.
    expect(await found[0]!.whole()).toMatchObject({ action: 'whole.0' });
    expect(reads).toEqual([[1, 3], [0]]);
  });
});
