/** What a client is told, and what it tells. */
import type { Authorize } from './authorization.ts';
import type { Refusal } from './delivery.ts';

/** An event that will not be stored. `line` is the event as JSON, where it could be made into that. */
export type RefusedEvent = Refusal & { id: string; action: string; line: string | undefined };

/** How it stands with a service that does not take events now. */
export type Unavailable = { message: string; tries: number; nextTryInMs: number };

export type AuditLogOptions = {
  /** Of the embedded installation, or the output `EventsUrl` of a stack. */
  url: string | URL;
  /** Whether `http:` may be used beyond loopback: token and events pass unencrypted then. */
  allowHttp?: boolean;
  /** `bearer(token)`, or `sigV4({ region, credentials })`. */
  authorize: Authorize;
  /**
   * Told of each event that will not be stored: the service refused it (the codes of docs/refusals.md), or the client could
   * not take it (`buffer_full`, `spool_failed`, `not_serializable`, `event_too_large`, `closed`).
   */
  onRefused: (event: RefusedEvent) => void;
  /** Told of each try that stored less than it sent; events are kept, and sent again. */
  onUnavailable?: (state: Unavailable) => void;
  /**
   * Where events wait on disk until the service has them; they outlive the process. Absent, they wait in memory, and are
   * lost with it. `maxBytes` is 256 MiB unless set.
   */
  spool?: { directory: string; maxBytes?: number };
  /** How much may wait in memory, where there is no spool: 16 MiB. Beyond that, events are refused. */
  maxBufferedBytes?: number;
  /** How long events are gathered before they are sent: 200 ms. A full batch does not wait. */
  flushMs?: number;
  /** A batch: at most 500 events, which is what the service takes, and 1 MiB. */
  maxBatchEvents?: number;
  maxBatchBytes?: number;
  /** How long the service may take to answer: 10 s. */
  requestTimeoutMs?: number;
  /** The longest pause between two tries: 30 s. */
  maxPauseMs?: number;
  fetch?: typeof globalThis.fetch;
};

/** What became of a call of `record`: `isTaken` says that the event will be sent. */
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
