import { expect, it } from 'vitest';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { printDelivery, printFault } from '#domain/deliver/print-delivery.ts';
import { firstProgress, withFailure } from '#domain/deliver/progress.ts';
import { deliveryShapes } from '#domain/http/shapes/delivery-shapes.ts';
import { definition } from '#test/support/deliver-world.ts';

const at = (minute: number) => `2026-11-26T10:${String(minute).padStart(2, '0')}:00.000000000Z`;
const delivery = {
  scopeId: 'acme',
  id: 'siem',
  version: 2,
  origin: { from: at(0), incarnation: '0a', external_id: 'x' },
  definition,
  createdAt: at(0),
  changedAt: at(0),
  resumes: 0,
} as unknown as Delivery;

it('shows how far behind the log and the destination are, each for itself', () => {
  const progress = { ...firstProgress(at(0)), tested_at: at(0), scanned_to: at(5) };
  const nowMs = Date.parse(at(30));
  const shown = printDelivery(delivery, progress, { nowMs, completeTo: at(10), stallSeconds: 900 });
  expect(deliveryShapes.Delivery.parse(shown)).toMatchObject({
    state: 'waiting',
    external_id: null,
    health: { delivered_to: at(5), ledger_lag_seconds: 1200, delivery_lag_seconds: 300, errors: [] },
  });
  const failed = withFailure(progress, { code: 'timed_out' }, { nowMs, resumes: 0, random: 0 });
  expect(printDelivery(delivery, failed, { nowMs, completeTo: undefined, stallSeconds: 900 })).toMatchObject({
    state: 'failing',
    health: { ledger_lag_seconds: null, failing: { attempts: 1, code: 'timed_out' } },
  });
  expect(Object.keys(printFault(failed.errors[0]!))).toEqual(['code', 'status', 'at', 'meaning', 'cure']);
});

it('shows whom the role of a bucket has to trust, and with which id', () => {
  const clock = { nowMs: 0, completeTo: undefined, stallSeconds: 900 };
  const destination = { type: 's3', bucket: 'b', region: 'eu-central-1', role_arn: 'arn:aws:iam::1:role/r' };
  const s3 = { ...delivery, definition: { ...delivery.definition!, destination } } as Delivery;
  expect(printDelivery(s3, undefined, clock, '999999999999')).toMatchObject({
    external_id: delivery.origin.external_id,
    principal: 'arn:aws:iam::999999999999:root',
  });
  expect(printDelivery(s3, undefined, clock).principal).toBeNull();
  expect(printDelivery(delivery, undefined, clock, '999999999999').principal).toBeNull();
});
