import { expect, it } from 'vitest';
import { Watermarks } from '#aws/state/watermarks.ts';
import type { Caller } from '#domain/access/caller.ts';
import type { DeliveriesWorld, IdCall } from '#functions/http/delivery-calls.ts';
import { estimateDelivery, refuseUnconfirmed } from '#functions/http/delivery-start.ts';
import { deliveriesOf } from '#test/support/deliveries-world.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const open = (change: Partial<DeliveriesWorld> = {}) => {
  const state = memoryBucket('state').objects;
  return {
    ...deliveriesOf(state),
    buckets: 32,
    watermarks: new Watermarks(state),
    nowMs: () => Date.parse('2026-11-26T10:00:00Z'),
    ...change,
  } as DeliveriesWorld;
};
const caller: Caller = { role: 'operator', principal: 'o' };
const call = { scopeId: 'acme', id: 'siem', caller, delivery: undefined } as unknown as IdCall;
const recent = '2026-11-26T09:00:00.000000000Z';
const old = '2026-11-01T00:00:00.000000000Z';

it('estimates nothing for a delivery that begins now, and asks for no confirmation within a day', async () => {
  const unasked = { measureBacklog: () => Promise.reject(new Error('It was measured')) };
  expect(JSON.parse((await estimateDelivery(open(unasked), call, undefined)).body)).toEqual({
    dry_run: true,
    from: null,
    complete_to: null,
    rows: 0,
    bytes: 0,
    at_least: false,
    needs_confirmation: false,
  });
  expect(JSON.parse((await estimateDelivery(open(), call, recent)).body)).toMatchObject({
    rows: 3,
    needs_confirmation: false,
  });
  for (const from of [undefined, recent])
    expect(
      await refuseUnconfirmed(open(unasked), 'acme', { from, confirmedFrom: undefined }),
    ).toBeUndefined();
  expect(await refuseUnconfirmed(open(unasked), 'acme', { from: old, confirmedFrom: old })).toBeUndefined();
});

it('says that there are more if not all could be counted', async () => {
  const measureBacklog = async (_: string, from: string) => ({
    from,
    complete_to: from,
    rows: 9,
    bytes: 10,
    at_least: true,
  });
  const refusal = await refuseUnconfirmed(open({ measureBacklog }), 'acme', {
    from: old,
    confirmedFrom: recent,
  });
  expect(JSON.parse(refusal!.body)).toMatchObject({
    code: 'confirmation_required',
    at_least: true,
    detail: expect.stringContaining('at least 9 events'),
  });
});
