import { describe, expect, it } from 'vitest';
import { bucketOf } from '#domain/archive/bucket.ts';
import { Budget } from '#domain/browse/budget.ts';
import type { Instant } from '#domain/time.ts';
import { newerSpan } from '#functions/workflows/newer-span.ts';
import type { Walk } from '#functions/workflows/walk-back.ts';
import { buckets, openBrowseWorld, uuid } from '#test/support/browse-world.ts';

const at = (time: string, day = '23'): Instant => `2026-11-${day}T${time}.000000000Z`;

describe('what is newer', () => {
  it('spans when it occurred, over all days since, and is none if there is none', async () => {
    const { world, file, got } = await openBrowseWorld();
    const event = (n: number, occurredAt: Instant, filedAt: Instant) => ({
      id: uuid(n),
      occurredAt,
      filedAt,
      scope: 'acme',
    });
    await file([event(1, at('10:00:00'), at('10:00:00'))], at('10:00:00'));
    await file([event(2, at('09:00:00', '20'), at('11:00:00'))], at('11:00:00'));
    await file([event(3, at('09:00:00', '24'), at('09:00:01', '24'))], at('09:00:01', '24'));
    const walk = {
      buckets: [bucketOf('acme', buckets)],
      selected: { scopeId: 'acme' },
      completeTo: at('12:00:00', '24'),
      compactedTo: undefined,
      budget: new Budget({ milliseconds: 1, bytesRead: 1e9 }, () => 0),
    } as unknown as Walk;
    const span = (from: Instant, change: object = {}) => newerSpan(world, { ...walk, ...change }, from);
    expect(await span(at('10:00:01'))).toEqual({
      least: at('09:00:00', '20'),
      greatest: at('09:00:00', '24'),
    });
    expect(await span(at('00:00:00', '24'))).toEqual({
      least: at('09:00:00', '24'),
      greatest: at('09:00:00', '24'),
    });
    expect(await span(at('10:00:00', '24'))).toBe('none');
    expect(await span(at('10:00:01'), { selected: { scopeId: 'x' } })).toBe('none');
    const before = got.length;
    expect(await span(at('10:00:01'))).toMatchObject({ least: at('09:00:00', '20') });
    expect(got).toHaveLength(before);
    expect(await span(at('10:00:01'), { compactedTo: '2026-11-23' })).toBe('unknown');
    expect(
      await span(at('10:00:01'), { budget: new Budget({ milliseconds: 0, bytesRead: 0 }, () => 0) }),
    ).toBe('unknown');
  });
});
