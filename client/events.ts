/**
 * The types of what a service records: the catalogue decides which payload goes with which action and
 * version.
 */
import type { CataloguedEvents } from '../catalogue/generated/events.ts';

export type { CataloguedEvents };

/** What a catalogue declares for each action: the type of its target, and its payload by version. */
export type EventCatalogue = {
  [action: string]: { target: string; payloads: { [version: number]: object } };
};

/** Who did something, or what it was done to. */
export type Party<Type extends string = string> = {
  id: string;
  type: Type;
  name?: string | undefined;
  [member: string]: unknown;
};

/** The external request that caused an event. The address is left out if it is not known. */
export type RequestOfEvent = {
  id: string;
  ip_address?: string | undefined;
  client_trace_id?: string | undefined;
  [member: string]: unknown;
};

/** For an installation that accepts actions that are not catalogued: `new AuditLog<OpenEvents>(…)`. */
export type OpenEvents = {
  [action: string]: { target: string; payloads: { [version: number]: Record<string, unknown> } };
};

type VersionOf<V> = number extends V
  ? { version?: number | undefined }
  : V extends 1
    ? { version?: 1 | undefined }
    : { version: V };

/** Optional if nothing in it is required. */
type PayloadOf<P> = Partial<P> extends P ? { payload?: P | undefined } : { payload: P };

type InVersion<C extends EventCatalogue, A extends keyof C, V extends keyof C[A]['payloads']> = VersionOf<V> &
  PayloadOf<C[A]['payloads'][V]> & {
    action: A;
    actor: Party;
    target: Party<C[A]['target']>;
    success: boolean;
    /** When it happened, if that was not just now. */
    occurred_at?: string | Date | undefined;
    metadata?: Record<string, string> | undefined;
    /**
     * A UUID, if something else already identifies the event. Another event with the same id is a repeat of
     * it.
     */
    id?: string | undefined;
    /** The account that owns the target. */
    scope?: Party | undefined;
    /** Absent: the request being served. `null`: there was none. */
    request?: RequestOfEvent | null | undefined;
  };

/** An event of one action, in one of its versions; version 1 if none is given. */
export type EventOf<C extends EventCatalogue, A extends keyof C> = A extends keyof C
  ? { [V in keyof C[A]['payloads']]: InVersion<C, A, V> }[keyof C[A]['payloads']]
  : never;

/** Any event of a catalogue. */
export type AnyEvent<C extends EventCatalogue> = EventOf<C, keyof C>;

/** An event of the action that it names: members are checked against the payload of that action alone. */
export type NamedEvent<C extends EventCatalogue, A extends keyof C> = { action: A } & EventOf<C, A>;
