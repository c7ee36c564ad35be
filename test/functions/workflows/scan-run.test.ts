import { describe, expect, it } from 'vitest';
import { bucketOf } from '#domain/archive/bucket.ts';
import type { Instant } from '#domain/time.ts';
import { matchesOf, scanRun } from '#functions/workflows/scan-run.ts';
import { buckets, uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

const at = (time: string): Instant => `2026-11-26T${time}.000000000Z`;
const event = (n: number, filedAt: Instant) => ({ id: uuid(n), occurredAt: filedAt, filedAt, scope: 'acme' });

describe('a look for the next run', () => {
  it('ends where the limits are reached, within an object', async () => {
    const { file, create, start } = await openDeliverWorld();
    const delivery = await create('siem', { from: at('10:00:00') });
    await file(
      [1, 2, 3].map(n => event(n, at(`10:00:0${n}`))),
      at('10:01:00'),
    );
    const { world } = start({ limits: { rows: 2, textBytes: 1e6 } });
    const scan = await scanRun(world, {
      delivery,
      bucket: bucketOf('acme', buckets),
      from: at('10:00:00'),
      to: at('10:01:00'),
      hasTime: () => true,
      found: async () => undefined,
    });
    expect(scan.upTo).toBe('2026-11-26T10:00:02.000000001Z');
    expect(scan.kept.map(({ id }) => id)).toEqual([uuid(1), uuid(2)]);
  });

  it('ends at what it has read when its time is over', async () => {
    const { file, create, start } = await openDeliverWorld();
    const delivery = await create('siem', { from: at('10:00:00') });
    await file([event(1, at('10:00:01'))], at('10:01:00'));
    await file([event(2, at('10:02:00'))], at('10:03:00'));
    const scan = await scanRun(start().world, {
      delivery,
      bucket: bucketOf('acme', buckets),
      from: at('10:00:00'),
      to: at('10:03:00'),
      hasTime: () => false,
      found: async () => undefined,
    });
    expect(scan.upTo).toBe(at('10:02:00'));
    expect(scan.kept).toHaveLength(1);
  });

  it('says that there are rows before it reads on, and nothing of a stretch without any', async () => {
    const { file, create, start } = await openDeliverWorld();
    const delivery = await create('siem', { from: at('10:00:00') });
    await file([{ ...event(1, at('10:00:01')), scope: 'other' }], at('10:01:00'));
    await file([event(2, at('10:02:00'))], at('10:03:00'));
    await file([event(3, at('10:04:00'))], at('10:05:00'));
    const scanTo = (to: Instant) =>
      scanRun(start().world, {
        ...{ delivery, to, from: at('10:00:00'), bucket: bucketOf('acme', buckets) },
        hasTime: () => true,
        found: () => Promise.reject(new Error('another process has it')),
      });
    expect((await scanTo(at('10:01:00'))).counts.read).toBe(0);
    await expect(scanTo(at('10:05:00'))).rejects.toThrow('another process has it');
  });

  it('lets everything through without a filter, and refuses one that it cannot read', () => {
    expect(matchesOf(undefined)({ action: 'a.b' })).toBe(true);
    const matches = matchesOf({ action: ['"context."*', '-"context.read"'] });
    expect(['context.create', 'context.read', 'user.login'].map(action => matches({ action }))).toEqual([
      true,
      false,
      false,
    ]);
    expect(() => matchesOf({ action: ['"'] })).toThrow('cannot be read');
  });
});
