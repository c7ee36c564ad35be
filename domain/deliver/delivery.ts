/**
 * A delivery as an event-sourced aggregate: what was asked, by whom, and what it is now. A change is written as an
 * intent, recorded in the log from that alone, and made once the record is acknowledged. What a delivery has done is
 * not here, see `progress.ts`.
 */
import type { Identity } from '#domain/access/caller.ts';
import {
  actorOf,
  type SelfAuditAction,
  type SelfAuditEvent,
  selfAuditActor,
  type Via,
} from '#domain/access/self-audit-event.ts';
import { derivedId } from '#domain/derived-id.ts';
import type { Instant } from '#domain/time.ts';
import type { Destination } from './destination.ts';
import type { DeliveryFormat } from './form.ts';

export type Definition = {
  destination: Destination;
  format: DeliveryFormat;
  /** Chosen when the delivery is made, and kept. */
  form_version: number;
  /** Terms for the action; absent: every event. */
  filter?: { action: readonly string[] } | undefined;
  paused: boolean;
  /** The admin whose delivery it is; absent if the operator alone answers for it. */
  requested_by?: string | undefined;
  reason?: string | undefined;
  /** Names the sealed secrets; absent if there are none. */
  secret_version?: string | undefined;
};

/** What never changes. */
export type Origin = {
  /** Where the first run begins, in `filed_at`. */
  from: Instant;
  incarnation: string;
  /** Random, made by Annals: the role of an S3 destination demands it. */
  external_id: string;
};

export type ReplayRequest = { id: string; first_run: number; last_run: number };

export type ChangeKind = 'create' | 'update' | 'pause' | 'resume' | 'replay' | 'delete';

export type DeliveryEvent =
  | {
      type: 'changing';
      at: Instant;
      scope_id: string;
      id: string;
      kind: ChangeKind;
      /** The definition after the change; for a deletion, the one before. */
      definition: Definition;
      /** Of a creation alone. */
      origin?: Origin | undefined;
      /** Of a replay alone. */
      replay?: ReplayRequest | undefined;
      /** Null means Annals itself, since the owner is no longer an admin. */
      by: Identity | null;
      via?: Via | undefined;
    }
  | { type: 'changed'; at: Instant }
  /** The log cannot hold the record of the change, so the change is not made. */
  | { type: 'dropped'; at: Instant };

export type ChangingDelivery = Extract<DeliveryEvent, { type: 'changing' }>;

export type Delivery = {
  scopeId: string;
  id: string;
  version: number;
  origin: Origin;
  /** Undefined until the creation is made. */
  definition: Definition | undefined;
  /** The version of the aggregate that made the definition. */
  definitionVersion: number;
  isDeleted: boolean;
  intent: ChangingDelivery | undefined;
  createdAt: Instant;
  changedAt: Instant;
  /** How often it was resumed: what has stopped it before counts no longer. */
  resumes: number;
  /** What is to be sent again, in the order of the requests. */
  replays: readonly ReplayRequest[];
};

export const evolveDelivery = (delivery: Delivery | undefined, event: DeliveryEvent): Delivery => {
  if (delivery === undefined) {
    if (event.type !== 'changing' || !event.origin)
      throw new Error(`A delivery begins with its creation, got "${event.type}"`);
    return {
      scopeId: event.scope_id,
      id: event.id,
      version: 1,
      origin: event.origin,
      definition: undefined,
      definitionVersion: 0,
      isDeleted: false,
      intent: event,
      createdAt: event.at,
      changedAt: event.at,
      resumes: 0,
      replays: [],
    };
  }
  const next = { ...delivery, version: delivery.version + 1 };
  switch (event.type) {
    case 'changing':
      if (delivery.intent || delivery.isDeleted) throw new Error('A delivery changes one step at a time');
      // A creation that could not be recorded was never made: the next one begins anew.
      return { ...next, intent: event, origin: event.origin ?? delivery.origin };
    case 'changed': {
      const { kind, definition, at, replay } = delivery.intent!;
      return {
        ...next,
        intent: undefined,
        definition,
        definitionVersion: next.version,
        isDeleted: kind === 'delete',
        changedAt: at,
        resumes: delivery.resumes + (kind === 'resume' ? 1 : 0),
        replays: replay ? [...delivery.replays, replay] : delivery.replays,
      };
    }
    case 'dropped':
      return { ...next, intent: undefined };
  }
};

/** Pauses a delivery whose owner is no longer an admin. */
export const decidePause = ({ scopeId, id, definition }: Delivery, at: Instant): ChangingDelivery => ({
  type: 'changing',
  at,
  scope_id: scopeId,
  id,
  kind: 'pause',
  definition: { ...definition!, paused: true },
  by: null,
});

/** The parts of a destination that a later change cannot have otherwise, as a text. */
export const fixedPartOf = (destination: Destination): string => {
  switch (destination.type) {
    case 'directory':
      return JSON.stringify(['directory', destination.path]);
    case 's3': {
      const { bucket, prefix = '', region, role_arn } = destination;
      return JSON.stringify(['s3', bucket, prefix, region, role_arn]);
    }
    case 'https':
      return JSON.stringify(['https', new URL(destination.url).origin, destination.preset ?? null]);
  }
};

const actions: Record<ChangeKind, SelfAuditAction> = {
  create: 'delivery.create',
  update: 'delivery.update',
  pause: 'delivery.pause',
  resume: 'delivery.resume',
  replay: 'delivery.replay',
  delete: 'delivery.delete',
};

export const selfAuditEventOfDelivery = ({ scopeId, id, intent, version }: Delivery): SelfAuditEvent => {
  const { kind, at, by, via, definition, replay } = intent!;
  const { requested_by, reason, destination, filter, ...rest } = definition;
  return {
    action: actions[kind],
    id: derivedId('delivery-change', scopeId, id, version),
    at,
    actor: by ? actorOf(by) : selfAuditActor,
    target: { id, type: 'delivery' },
    scopeId,
    success: true,
    payload: {
      requested_by: requested_by ?? null,
      reason: reason ?? null,
      destination,
      format: rest.format,
      filter: filter ?? null,
      paused: rest.paused,
      ...(replay ? { first_run: replay.first_run, last_run: replay.last_run } : {}),
      ...(by ? {} : { because: 'The user who asked for it is no admin of the scope any more' }),
    },
    via,
  };
};
