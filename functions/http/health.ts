/** The health of the log, read from its state; an embedded server adds the health of its disk. */

import type { Objects } from '#aws/objects.ts';
import type { Compactions } from '#aws/state/compactions.ts';
import type { Gaps } from '#aws/state/gaps.ts';
import { maxCounted, type Notices } from '#aws/state/notices.ts';
import { isUnreadable } from '#aws/state/record.ts';
import { readUsage } from '#aws/state/refused-budget.ts';
import { RefusedIndex } from '#aws/state/refused-index.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import { completeTo } from '#domain/archive/watermark.ts';
import { type HealthProblem, healthProblem, takesEvents } from '#domain/health.ts';
import type { Instant } from '#domain/time.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import { type Answer, json, problem } from './answer.ts';

export type HealthWorld = {
  watermarks: Watermarks;
  gaps: Gaps;
  compactions: Pick<Compactions, 'least'>;
  notices: Notices;
  /** Undefined if refused events are not kept. */
  refused?: { state: Objects; maxBytes: number } | undefined;
  buckets: number;
  /** Problems that the state does not show. */
  localProblems?: () => Promise<HealthProblem[]>;
  /** When filing began, if known; events that waited before that are not late. */
  startedMs?: number;
  nowMs(): number;
  log: Log;
};

/** Heartbeats come every minute, so a healthy log never lags this far. */
export const maxLagMs = 5 * 60_000;
/** Anyone may call this, and each answer lists the state; so answers are reused for this long. */
const answeredAnewAfterMs = 1000;
/** The count of open gaps stops here. */
const countedGaps = 100;
const countedRefused = 1000;
/** An item larger than the remaining room does not fit, so the budget is full slightly before its end. */
const almostFull = 0.99;

/** Answers `/healthz`; reads the state at most once a second. */
export const healthOf = (world: HealthWorld): (() => Promise<Answer>) => {
  let answered: { at: number; answer: Promise<Answer> } | undefined;
  return () => {
    const now = performance.now();
    if (!answered || now - answered.at > answeredAnewAfterMs) answered = { at: now, answer: look(world) };
    return answered.answer;
  };
};

/** Everything received up to `complete_to` has been filed. */
const look = async (world: HealthWorld): Promise<Answer> => {
  const problems = (await world.localProblems?.()) ?? [];
  try {
    const filed = await filedTo(world, problems);
    problems.push(
      ...lagOf(world, filed),
      ...(await gapsOf(world)),
      ...(await noticesOf(world)),
      ...(await refusedOf(world)),
    );
    return json<'Health'>(takesEvents(problems) ? 200 : 503, {
      status: problems.length === 0 ? 'ok' : 'degraded',
      complete_to: filed ?? null,
      compacted_to: await world.compactions.least(),
      ...(problems.length === 0 ? {} : { problems }),
    });
  } catch (error) {
    world.log('error', 'The state could not be read', errorFacts(error));
    return problem('state_unavailable', 'The state of the log cannot be read now');
  }
};

const filedTo = async (
  { watermarks, buckets, log }: HealthWorld,
  problems: HealthProblem[],
): Promise<Instant | undefined> => {
  try {
    return completeTo(await watermarks.all(), allBuckets(buckets));
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    log('error', 'A record is damaged', errorFacts(error));
    problems.push(healthProblem('state_unreadable', '; the operational log names its file'));
    return undefined;
  }
};

/** Until every bucket has been filed once, only the start of filing tells whether the log is late. */
const lagOf = ({ nowMs, startedMs }: HealthWorld, filed: Instant | undefined): HealthProblem[] => {
  const since = Math.max(filed === undefined ? 0 : Date.parse(filed), startedMs ?? 0);
  if (since === 0 || nowMs() - since <= maxLagMs) return [];
  return [healthProblem('filing_behind', `, since ${new Date(since).toISOString()}`)];
};

const gapsOf = async ({ gaps }: HealthWorld): Promise<HealthProblem[]> => {
  let open = 0;
  for await (const _ of gaps.open()) if (++open === countedGaps) break;
  if (open === 0) return [];
  const count = open === countedGaps ? `${open} or more` : open;
  return [healthProblem('open_gaps', `: ${count}; "annals gaps" lists them`)];
};

const refusedOf = async ({ refused }: HealthWorld): Promise<HealthProblem[]> => {
  if (!refused) return [];
  const problems: HealthProblem[] = [];
  let open = 0;
  for await (const _ of new RefusedIndex(refused.state).open(undefined, undefined, countedRefused)) open += 1;
  const count = open === countedRefused ? `${open} or more` : open;
  if (open > 0) problems.push(healthProblem('refused_items', `: ${count}; "annals refused list" lists them`));
  const usage = await readUsage(refused.state);
  if (usage && usage.bytes >= refused.maxBytes * almostFull) problems.push(healthProblem('refused_not_kept'));
  return problems;
};

const noticesOf = async ({ notices }: HealthWorld): Promise<HealthProblem[]> => {
  const count = await notices.countUndelivered();
  if (count === 0) return [];
  const counted = count === maxCounted ? `${count} or more` : count;
  return [healthProblem('undelivered_notices', `: ${counted}; "annals notices" lists them`)];
};
