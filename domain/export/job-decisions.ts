/** What may happen next to an export job: how its failures and its waiting end. Time is an argument. */
import {
  answerableTo,
  completeTo,
  filedUntil,
  latestFiled,
  type Watermark,
} from '#domain/archive/watermark.ts';
import { derivedId } from '#domain/derived-id.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { type ExportEvent, type ExportJob, type FailureReason, printStatus } from './job.ts';
import type { Statement } from './statement.ts';

/** How many queries of one export may fail before the export fails. */
export const maxFailures = 3;

/**
 * What the reader of an export is told of its queries. Never the engine's own words: they may hold paths of the server
 * and rows of others, and are for the operational log.
 */
export const queryMessages = {
  failed:
    `The query failed ${maxFailures} times; ask the operator for the reason, which is in the operational log, ` +
    'and to look for damage with "annals check"',
  refused: 'The query was refused; ask the operator for the reason, which is in the operational log',
  unusable:
    'The output of the query cannot be used; ask the operator for the reason, which is in the operational log',
} as const;

/** The decision that a job fails. The message may come from anywhere: it is cut, so that the log can hold it. */
export const failing = (
  at: Instant,
  reason: FailureReason,
  message: string,
): Extract<ExportEvent, { type: 'failing' }> => ({
  type: 'failing',
  at,
  reason,
  message: message.slice(0, maxMessageCharacters).replaceAll(/\p{Cs}/gu, '\ufffd'),
});

const maxMessageCharacters = 2000;

/** How long a job may wait: for the log to be filed, and in all. */
export type Patience = { stallSeconds: number; openSeconds: number };

/**
 * Fails a job that has waited too long. A job that only waits for the stream to take the record of its end
 * has no limit, since that end is decided.
 */
export const decideOverdue = (
  job: ExportJob,
  nowMs: number,
  { stallSeconds, openSeconds }: Patience,
): Extract<ExportEvent, { type: 'failing' }> | undefined => {
  const isWaiting = (since: Instant, seconds: number): boolean => nowMs - Date.parse(since) >= seconds * 1000;
  const fail = (reason: FailureReason, message: string) =>
    failing(instantOfMilliseconds(nowMs), reason, message);
  if (job.status === 'waiting' && isWaiting(job.since, stallSeconds))
    return fail(
      'watermark_stalled',
      `The log was not filed up to the moment of the request within ${stallSeconds} seconds; ` +
        "see the runbook's section on archive",
    );
  const isBounded = (['created', 'waiting', 'planned', 'running'] as const).some(
    status => status === job.status,
  );
  if (isBounded && isWaiting(job.times.created!, openSeconds))
    return fail(
      'timed_out',
      `The export was still ${printStatus(job)} after ${openSeconds} seconds; retry it`,
    );
  return undefined;
};

/** What a job does that waits: it waits on, marks the buckets that are behind once more, or fixes what it holds. */
export type Freeze =
  | { step: 'wait' }
  | { step: 'mark'; buckets: number[]; reach: Instant }
  | { step: 'fix'; completeTo: Instant };

/**
 * For a job whose heartbeats are filed. `completeTo` is the instant before which all that it holds was filed; if its
 * request names one, that one, up to which the log was complete when it was requested.
 */
export const decideFreeze = (
  { request, run, reach: marked }: Pick<ExportJob, 'request' | 'run' | 'reach'>,
  buckets: readonly number[],
  watermarks: readonly Watermark[],
): Freeze => {
  const asked = request.complete_to;
  if (asked !== undefined)
    return asked <= (answerableTo(watermarks, buckets) ?? '')
      ? { step: 'fix', completeTo: asked }
      : { step: 'wait' };
  const filed = completeTo(watermarks, buckets);
  // Its heartbeat was passed over (the event source gave it up), or filed by a clock that is behind the window's end:
  // the next one of tick's will do.
  if (filed === undefined || (run && filed < run.filed_to)) return { step: 'wait' };
  // Each bucket has a clock of its own: what one filed before its mark may be later than another's mark, and would be
  // left out. Those that are behind are marked once more; if that does not do, tick's next heartbeat will.
  const reach = marked ?? latestFiled(watermarks, buckets);
  if (reach !== undefined && filed < reach) {
    if (marked !== undefined) return { step: 'wait' };
    const behind = buckets.filter(bucket => filedUntil(watermarks, bucket)! < reach);
    return { step: 'mark', buckets: behind, reach };
  }
  return { step: 'fix', completeTo: run ? run.filed_to : filed };
};

/** Whether an attempt that failed is followed by another. */
export const mayTryAgain = ({ failures }: Pick<ExportJob, 'failures'>): boolean => failures + 1 < maxFailures;

/**
 * The queries that have succeeded and need not run again: those of the first slices, as far as the new attempt has
 * the same statements.
 */
export const queriesKept = (
  job: Pick<ExportJob, 'slices'>,
  done: readonly string[],
  slices: readonly Statement[],
): string[] => {
  const isSame = (n: number): boolean => JSON.stringify(job.slices[n]) === JSON.stringify(slices[n]);
  const changed = done.findIndex((_, n) => !isSame(n));
  return done.slice(0, changed < 0 ? done.length : changed);
};

/** The days of segments that a query's error names, as engines name files. */
export const segmentDaysNamed = (message: string): string[] =>
  [...message.matchAll(/\bdate=(\d{4}-\d\d-\d\d)\/[^/\s]*\.parquet/g)].map(([, date]) => date!);

/**
 * Athena's idempotency token: the same slice of the same attempt is the same query, however often it is
 * started.
 */
export const queryToken = ({ id, attempt }: ExportJob, slice: number): string =>
  `${derivedId(id, attempt, slice)}-annals`;
