import { expect, it } from 'vitest';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { creationNotification, stateNotification } from '#domain/deliver/delivery-notification.ts';

const at = '2026-11-26T10:00:00.000000000Z';
const destination = { type: 'https', url: 'https://siem.example.com/in', header_names: ['x-key'] } as const;
const definition = {
  destination,
  format: 'json',
  form_version: 1,
  paused: false,
  requested_by: 'u-1',
} as const;
const delivery = {
  scopeId: 'acme',
  id: `ä${'x'.repeat(60)}`,
  definition,
  intent: undefined,
} as unknown as Delivery;
const failed = { kind: 'fail', at, code: 'timed_out', status: null, times: 3 } as const;

it('says what fails, where it goes and what to do, under an id that a repeat has too', () => {
  const told = stateNotification(delivery, failed);
  const { notification } = told;
  expect(told).toMatchObject({ about: { scope_id: 'acme', id: delivery.id }, since: at, isBad: true });
  expect(notification.message).toEqual({
    event: 'delivery.failing',
    notice_id: notification.id,
    scope_id: 'acme',
    delivery_id: delivery.id,
    at,
    destination,
    code: 'timed_out',
    status: null,
    meaning: 'The destination did not answer in time',
    cure: 'Check the load of the receiver',
    times: 3,
  });
  // SNS takes a subject of less than 100 printable characters.
  expect(notification.subject).toMatch(/^Audit log: the delivery \?x+\.\.\. is failing$/);
  expect(notification.subject.length).toBeLessThan(100);
  expect(stateNotification(delivery, { ...failed, times: 4 }).notification.id).toBe(notification.id);
  const stopped = stateNotification(delivery, { ...failed, kind: 'stop' });
  expect(stopped).toMatchObject({ isBad: true, notification: { message: { event: 'delivery.stopped' } } });
  expect(stopped.notification.id).not.toBe(notification.id);
});

it('says of a recovery what had failed, and nothing to do', () => {
  const { notification, isBad } = stateNotification(delivery, { ...failed, kind: 'recover' });
  expect(isBad).toBe(false);
  expect(notification.message).toMatchObject({ event: 'delivery.recovered', code: 'timed_out' });
  expect(notification.message).not.toHaveProperty('cure');
});

it('says of a new delivery where it goes, whose it is and who made it', () => {
  const intent = { kind: 'create', at, definition, by: { role: 'operator', principal: 'o' } };
  const made = { ...delivery, definition: undefined, intent } as unknown as Delivery;
  expect(creationNotification(made)).toMatchObject({
    isBad: false,
    notification: {
      message: { event: 'delivery.created', destination, requested_by: 'u-1', created_by: 'o' },
    },
  });
});
