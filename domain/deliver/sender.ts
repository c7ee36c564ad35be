/**
 * What hands parts of runs to a destination. It does one part at a time, and never decides what comes next: the
 * stage freezes a run, sends its parts in their order, and records the outcome of each.
 */
import type { Instant } from '#domain/time.ts';
import type { DeliveryFault } from './destination.ts';

/** Who an event of a part is, for presets, and to name one that a receiver refuses. */
export type DeliveredEvent = { id: string; occurredAt: Instant };

export type Part = {
  /** The run, from 1; within it the part, from 1; a manifest is the part after the last one. */
  run: number;
  part: number;
  kind: 'rows' | 'manifest';
  /** The end of the run's window, in `filed_at`. */
  end: Instant;
  /** NDJSON, or the manifest's JSON; uncompressed. The same bytes at each try. */
  text: Buffer;
  /** SHA-256 of the text, in hex. */
  sha256: string;
  /** One for each line, in their order; empty for a manifest. */
  events: readonly DeliveredEvent[];
  /** The same at each try and replay of this part: the `webhook-id`. A batch of a part derives its own from it. */
  id: string;
  /** The key below the destination's own place, see `layout.ts`. */
  key: string;
  /** The id of the replay that it belongs to. */
  replay?: string | undefined;
};

/** An event that the receiver does not take while it takes others; `line` counts from 0 within the part. */
export type Undelivered = { line: number; code: DeliveryFault; status?: number | undefined };

export type SendOutcome =
  /** It is there. What was refused alone is listed; all else of the part is there. */
  | {
      kind: 'done';
      undelivered?: readonly Undelivered[] | undefined;
      /** Events that were too old for the receiver, and went with the time of their delivery. */
      retimed?: number | undefined;
    }
  /**
   * The same part is tried again later, no sooner than `afterMs` if the receiver asks for that. Whether the delivery
   * stops instead is said by the code, see `deliveryFaults`.
   */
  | {
      kind: 'failed';
      code: DeliveryFault;
      status?: number | undefined;
      afterMs?: number | undefined;
    };

/** The part is halved, and some of it was handed over in this call: the same part is sent on, without a pause. */
export type Unfinished = { kind: 'unfinished' };

export type Sender = {
  /** Most rows and bytes of text that one part may have; smaller than the stage's own limits if they are given. */
  limits?: { rows: number; textBytes: number } | undefined;
  /** Returns within a minute; an abort ends it with `timed_out`. It throws only what is a fault of ours. */
  send(part: Part, signal: AbortSignal): Promise<SendOutcome | Unfinished>;
  /** Proves that the destination can be used, without an event. */
  test(signal: AbortSignal): Promise<SendOutcome>;
};
