/**
 * What the answer of a receiver means for the batch that it answers. A status of 4xx may be about one event of the
 * batch, or about all that is sent: only a probe can tell (`halving.ts`).
 */
import type { DeliveryFault } from './destination.ts';

/** An answer as far as it is read. */
export type HttpsAnswer = {
  status: number;
  /** The text of `Retry-After`. */
  retryAfter?: string | undefined;
  /** At most the first few KiB. */
  body: string;
};

export type BatchVerdict =
  | { kind: 'taken' }
  /** `isPartial`: other events of the batch were taken, so the receiver itself says that it is about single ones. */
  | { kind: 'refused'; status: number; isPartial: boolean }
  | {
      kind: 'failed';
      code: DeliveryFault;
      status?: number | undefined;
      afterMs?: number | undefined;
    };

/** The longest pause that a receiver can ask for. */
export const maxRetryAfterMs = 15 * 60_000;

/** RFC 9110 section 10.2.3: seconds, or a date. */
export const retryAfterMs = (text: string | undefined, nowMs: number): number | undefined => {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, Math.min(maxRetryAfterMs, ms));
};

/** Statuses of 4xx that are never about what one event says. */
const codesOfStatus: Readonly<Record<number, DeliveryFault>> = {
  401: 'not_authorized',
  407: 'not_authorized',
  408: 'timed_out',
  425: 'throttled',
  429: 'throttled',
};

export const verdictOfStatus = ({ status, retryAfter }: HttpsAnswer, nowMs: number): BatchVerdict => {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const afterMs = retryAfterMs(retryAfter, nowMs);
  const failed = (code: DeliveryFault): BatchVerdict => ({
    kind: 'failed',
    code,
    status,
    ...(afterMs === undefined ? {} : { afterMs }),
  });
  if (status >= 300 && status < 400) return failed('redirected');
  if (status >= 500) return failed('server_error');
  if (status < 400) return failed('unexpected_answer');
  const code = codesOfStatus[status];
  return code === undefined ? { kind: 'refused', status, isPartial: false } : failed(code);
};

/** What it means if the receiver refuses the probe as well: it takes nothing at all. */
export const codeOfRefusedProbe = (status: number): DeliveryFault =>
  status === 403 ? 'not_authorized' : 'refused';
