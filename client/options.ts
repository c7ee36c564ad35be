/** The client's options and callbacks. */
import type { EventWarning, Refusal } from './answer.ts';
import type { Authorize } from './authorization.ts';

/** An event that will not be stored. `line` is the event as JSON, or what could be made of it. */
export type RefusedEvent = Refusal & { id: string; action: string; line: string | undefined };

/**
 * What was done to an event, or noticed in it, by the service (the codes of docs/refusals.md) or by the
 * client (`not_json`, `left_out`). The event is sent all the same.
 */
export type WarnedEvent = EventWarning & { id: string; action: string };

/** The state of a service that does not take events now. */
export type Unavailable = { message: string; tries: number; nextTryInMs: number };

export type AuditLogOptions = {
  /** The URL of the embedded installation, or the output `EventsUrl` of a stack. */
  url: string | URL;
  /** Whether `http:` may be used beyond loopback; token and events then travel unencrypted. */
  allowHttp?: boolean;
  /** `bearer(token)`, or `sigV4({ region, credentials })`. */
  authorize: Authorize;
  /**
   * Called for each event that will not be stored: the service refused it (the codes of docs/refusals.md), or
   * rejects it (`not_accepted`), or the client could not send it (`buffer_full`, `spool_failed`,
   * `not_serializable`, `not_an_object`, `event_too_large`, `unreadable`, `closed`). This hook and the others
   * may be asynchronous, throw or reject.
   */
  onRefused: (event: RefusedEvent) => void | Promise<void>;
  /** Called for what was done to, or noticed in, an event that is stored all the same. */
  onWarning?: (event: WarnedEvent) => void | Promise<void>;
  /** Called for each try that stored less than it sent; the events are kept, and sent again. */
  onUnavailable?: (state: Unavailable) => void | Promise<void>;
  /**
   * Called for what does not work in the client itself: its spool, a hook. By default: warnings of the
   * process.
   */
  onError?: (error: Error) => void | Promise<void>;
  /**
   * Where events wait on disk until the service has them; they outlive the process. Without it they wait in
   * memory, and are lost with the process. `maxBytes` is 256 MiB by default.
   */
  spool?: { directory: string; maxBytes?: number };
  /** How much may wait in memory, without a spool: 16 MiB by default. Beyond that, events are refused. */
  maxBufferedBytes?: number;
  /** How long events are gathered before they are sent: 200 ms by default. A full batch does not wait. */
  flushMs?: number;
  /** The size of a batch: 500 events and 1 MiB by default; at most what a request may hold. */
  maxBatchEvents?: number;
  maxBatchBytes?: number;
  /** How long the service may take to answer: 10 s by default. */
  requestTimeoutMs?: number;
  /** The longest pause between two tries: 30 s by default. */
  maxPauseMs?: number;
  fetch?: typeof globalThis.fetch;
};

/** The result of `record`: `isTaken` says that the event will be sent. */
export type Recorded = { id: string; occurred_at: string; isTaken: boolean };

/** An event was refused, or the wait for it ended. */
export class NotStored extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(
      `The event was not stored: ${refusal.message} (${refusal.code}${refusal.path && ` at ${refusal.path}`})`,
    );
    this.name = 'NotStored';
    this.refusal = refusal;
  }
}
