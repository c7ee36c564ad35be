/**
 * What does not compile, and what does. It is checked with the sources by `npm run types`, and against the package that
 * services install by package.test.ts.
 */
import { AuditLog, bearer, type CataloguedEvents, type EventOf, type OpenEvents } from 'annals/client';

/** As the build prints it of actions with required members; print-types.test.ts holds that it does. */
interface CardChargeV1 {
  cents: number;
  note?: string;
  card: {
    last4: string;
    brand?: string;
  };
  details?: {
    [k: string]: unknown;
  };
}
interface CardChargeV2 {
  amount: string;
}
interface CardShowV1 {
  cents?: number;
}
interface CardLockV1 {
  [k: string]: unknown;
}
type Own = {
  'card.charge': { target: 'card'; payloads: { 1: CardChargeV1; 2: CardChargeV2 } };
  'card.show': { target: 'card'; payloads: { 1: CardShowV1 } };
  'card.lock': { target: 'card'; payloads: { 1: CardLockV1 } };
};

const options = { url: 'http://127.0.0.1:1', authorize: bearer('t'), onRefused: async () => undefined };
const by = { actor: { id: 'u', type: 'user', email: 'kept@example.com' }, success: true };
const target = { id: 'c', type: 'card' as const };

export const typed = (): void => {
  const log = new AuditLog<Own>(options);
  const card = { last4: '4242' };
  log.record({ ...by, action: 'card.charge', target, payload: { cents: 1, card, details: { any: 1 } } });
  log.record({ ...by, action: 'card.charge', target, version: 2, payload: { amount: '1' } });
  log.record({ ...by, action: 'card.show', target });
  log.record({ ...by, action: 'card.lock', target, payload: { any: { thing: 1 } } });
  void log.store({ ...by, action: 'card.show', target, payload: { cents: 1 }, request: { id: 'r' } });
  for (const action of ['card.show', 'card.lock'] as const) log.record({ ...by, action, target });

  // @ts-expect-error: the payload has required members
  log.record({ ...by, action: 'card.charge', target });
  // @ts-expect-error: a required member is left out
  log.record({ ...by, action: 'card.charge', target, payload: { cents: 1 } });
  // @ts-expect-error: a required member of a member is left out
  log.record({ ...by, action: 'card.charge', target, payload: { cents: 1, card: {} } });
  // @ts-expect-error: a member is misspelt
  log.record({ ...by, action: 'card.charge', target, payload: { cents: 1, card, not: 'x' } });
  const last4 = '4242';
  // @ts-expect-error: a member of a member is misspelt
  log.record({ ...by, action: 'card.charge', target, payload: { cents: 1, card: { last4, brnad: 'x' } } });
  // @ts-expect-error: it is a member of another action's payload
  log.record({ ...by, action: 'card.show', target, payload: { amount: '1' } });
  // @ts-expect-error: it is a member of the other version's payload
  log.record({ ...by, action: 'card.charge', target, version: 2, payload: { amount: '1', cents: 1 } });
  // @ts-expect-error: the second version says so
  log.record({ ...by, action: 'card.charge', target, payload: { amount: '1' } });
  // @ts-expect-error: a member of the event is misspelt
  log.record({ ...by, action: 'card.show', target, meta_data: {} });
  // @ts-expect-error: the same holds for store
  void log.store({ ...by, action: 'card.show', target, payload: { cent: 1 } });
  // @ts-expect-error: and for an event that is made elsewhere
  const event: EventOf<Own, 'card.show'> = { ...by, action: 'card.show', target, payload: { cent: 1 } };
  // @ts-expect-error: the action is not catalogued
  log.record({ ...by, action: 'card.hide', target });
  void event;
};

export const bundled = (): void => {
  const log = new AuditLog(options);
  const user = { id: 'u', type: 'user' as const };
  log.record({ ...by, action: 'user.logged_in', target: user, payload: { method: 'saml' } });
  // @ts-expect-error: a member is misspelt
  log.record({ ...by, action: 'user.logged_in', target: user, payload: { methd: 'saml' } });
  // @ts-expect-error: the member has another type
  log.record({ ...by, action: 'user.logged_in', target: user, payload: { method: 7 } });
  // @ts-expect-error: the target is of another type
  log.record({ ...by, action: 'user.logged_in', target: { id: 'u', type: 'project' } });
  // @ts-expect-error: only Annals itself records it
  log.record({ ...by, action: 'audit_log.admin.grant', target: user });
  // @ts-expect-error: there is no such version
  log.record({ ...by, action: 'user.logged_in', target: user, version: 2 });
  // @ts-expect-error: the action is not catalogued
  log.record({ ...by, action: 'user.logged_on', target: user });

  // An installation that takes actions that are not catalogued.
  const open = new AuditLog<OpenEvents>(options);
  open.record({ ...by, action: 'any.thing', target: { id: 'x', type: 'any' }, payload: { any: [1] } });
  open.record({ ...by, action: 'any.thing', target: { id: 'x', type: 'any' }, version: 7 });
  const same = log as unknown as AuditLog<OpenEvents>;
  same.record({ ...by, action: 'any.thing', target: { id: 'x', type: 'any' } });
  const both = new AuditLog<CataloguedEvents & Own>(options);
  both.record({ ...by, action: 'card.show', target });
  both.record({ ...by, action: 'user.logged_in', target: user });
};
