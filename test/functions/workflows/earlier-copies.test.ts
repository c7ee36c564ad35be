import { describe, expect, it } from 'vitest';
import { bucketOf } from '#domain/archive/bucket.ts';
import { addDays, type Instant } from '#domain/time.ts';
import { findEarlierCopies } from '#functions/workflows/earlier-copies.ts';
import { buckets, cellsOf, uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

const now: Instant = '2026-11-26T10:00:00.000000000Z';
const old = addDays(now, -30);
const event = (n: number, filedAt: Instant, occurredAt = old) => ({
  id: uuid(n),
  occurredAt,
  filedAt,
  scope: 'acme',
});

describe('the earlier copies of late rows', () => {
  it('are found on any day, in segments that are compacted and in the ledger after them', async () => {
    const { file, compact, start } = await openDeliverWorld();
    await file([event(1, old)], addDays(old, 1));
    await compact();
    await file([event(2, addDays(now, -2))], addDays(now, -1));
    const late = [1, 2, 3].map(n => cellsOf(event(n, now)));
    const isCopy = await findEarlierCopies(start().world, {
      bucket: bucketOf('acme', buckets),
      scopeId: 'acme',
      rows: late,
      completeTo: addDays(now, 1),
    });
    expect(late.map(isCopy)).toEqual([true, true, false]);
  });

  it('are not the row itself, nor one that is filed later, nor one of another time', async () => {
    const { file, start } = await openDeliverWorld();
    await file(
      [event(1, now), event(1, addDays(old, 3), addDays(old, 2)), event(2, addDays(now, 1))],
      addDays(now, 2),
    );
    const late = [cellsOf(event(1, now)), cellsOf(event(2, now))];
    const isCopy = await findEarlierCopies(start().world, {
      bucket: bucketOf('acme', buckets),
      scopeId: 'acme',
      rows: late,
      completeTo: addDays(now, 2),
    });
    expect(late.map(isCopy)).toEqual([false, false]);
  });

  it('are not looked for if nothing is late', async () => {
    const { start, got } = await openDeliverWorld();
    const isCopy = await findEarlierCopies(start().world, {
      bucket: 0,
      scopeId: 'acme',
      rows: [],
      completeTo: now,
    });
    expect(isCopy({})).toBe(false);
    expect(got).toEqual([]);
  });
});
