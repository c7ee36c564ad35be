/**
 * The messages about a delivery: that it was made, that its destination fails or works again, that it has stopped.
 * They say where it goes as everybody may see that, and nothing that is secret.
 */
import { derivedId } from '#domain/derived-id.ts';
import { inSubject, type Notification } from '#domain/export/notification.ts';
import type { Instant } from '#domain/time.ts';
import type { Delivery } from './delivery.ts';
import { type DeliveryFault, deliveryFaults } from './destination.ts';
import type { Progress } from './progress.ts';

/** `about` names the delivery; `since` is when it happened. */
export type DeliveryNotification = {
  notification: Notification;
  about: { scope_id: string; id: string };
  since: Instant;
  /** Whether somebody has to do something. */
  isBad: boolean;
};

type StateKind = NonNullable<Progress['unsaid']>['kind'];

const words = { fail: 'failing', recover: 'recovered', stop: 'stopped', create: 'created' } as const;
const sentences = {
  fail: 'is failing',
  recover: 'has recovered',
  stop: 'has stopped',
  create: 'was created',
};

export type StateFacts = {
  kind: StateKind;
  at: Instant;
  code: DeliveryFault;
  status: number | null;
  times: number;
};

export const stateNotification = (delivery: Delivery, facts: StateFacts): DeliveryNotification => {
  const { kind, at, code, status, times } = facts;
  const { meaning, cure } = deliveryFaults[code];
  // What was wrong no longer needs a cure.
  const more = kind === 'recover' ? { code, status, times } : { code, status, meaning, cure, times };
  return notificationAbout(delivery, { kind, at, more });
};

/** Of a delivery whose creation is written, and not made yet. */
export const creationNotification = (delivery: Delivery): DeliveryNotification => {
  const { at, definition, by } = delivery.intent!;
  const { requested_by = null } = definition;
  return notificationAbout(delivery, {
    kind: 'create',
    at,
    more: { requested_by, created_by: by?.principal ?? null },
  });
};

const notificationAbout = (
  delivery: Delivery,
  { kind, at, more }: { kind: keyof typeof words; at: Instant; more: Record<string, unknown> },
): DeliveryNotification => {
  const { scopeId: scope_id, id, definition, intent } = delivery;
  const notice_id = derivedId('delivery-notice', scope_id, id, kind, at);
  return {
    notification: {
      id: notice_id,
      subject: `Audit log: the delivery ${inSubject(id)} ${sentences[kind]}`,
      message: {
        event: `delivery.${words[kind]}`,
        notice_id,
        scope_id,
        delivery_id: id,
        at,
        destination: (definition ?? intent?.definition)?.destination ?? null,
        ...more,
      },
    },
    about: { scope_id, id },
    since: at,
    isBad: kind === 'fail' || kind === 'stop',
  };
};
