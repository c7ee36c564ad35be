import { describe, expect, it } from 'vitest';
import { addDays, type Instant, nextInstant } from '#domain/time.ts';
import { measureBacklog } from '#functions/workflows/measure-backlog.ts';
import { uuid } from '#test/support/browse-world.ts';
import { openDeliverWorld } from '#test/support/deliver-world.ts';

const now: Instant = '2026-11-26T10:00:00.000000000Z';
const event = (n: number, filedAt: Instant, occurredAt = filedAt) => ({
  id: uuid(n),
  occurredAt,
  filedAt,
  scope: 'acme',
});

describe('what a delivery begins with', () => {
  it('is what was filed since then, in segments and in the ledger, whenever it occurred', async () => {
    const { file, compact, start } = await openDeliverWorld();
    const at = (days: number) => addDays(now, -days);
    await file([event(1, at(40)), event(2, at(30)), event(3, at(20), at(3000))], at(19));
    await compact();
    await file([event(4, at(2)), event(4, at(1)), { ...event(5, at(1)), scope: 'globex' }], now);
    const { world } = start();
    const since = async (from: Instant) => {
      const { bytes, ...backlog } = await measureBacklog(world, 'acme', from);
      return { ...backlog, bytesOfRow: backlog.rows === 0 ? 0 : bytes / backlog.rows };
    };
    const whole = { complete_to: nextInstant(now), at_least: false };
    expect(await since(at(50))).toMatchObject({ ...whole, from: at(50), rows: 5 });
    expect(await since(at(30))).toMatchObject({ ...whole, rows: 4 });
    expect(await since(at(29))).toMatchObject({ ...whole, rows: 3 });
    expect(await since(at(1))).toMatchObject({ ...whole, rows: 1 });
    expect(await since(now)).toMatchObject({ ...whole, rows: 0, bytesOfRow: 0 });
    const { bytesOfRow } = await since(at(50));
    expect(bytesOfRow).toBeGreaterThan(100);
    expect(bytesOfRow).toBeLessThan(2000);
  });

  it('is at least what was counted until the budget was spent', async () => {
    const { file, start } = await openDeliverWorld();
    await file([event(1, addDays(now, -3))], addDays(now, -2));
    await file([event(2, addDays(now, -1))], now);
    const { world } = start({ budget: { milliseconds: Number.POSITIVE_INFINITY, bytesRead: 1 } });
    expect(await measureBacklog(world, 'acme', addDays(now, -9))).toMatchObject({ rows: 1, at_least: true });
  });

  it('is nothing if nothing was ever filed', async () => {
    const { start } = await openDeliverWorld();
    expect(await measureBacklog(start().world, 'acme', now)).toEqual({
      from: now,
      complete_to: null,
      rows: 0,
      bytes: 0,
      at_least: false,
    });
  });
});
