/** The stages that run on a schedule and have not done anything for too long, as problems of /healthz. */
import { type HealthProblem, healthProblem } from '#domain/health.ts';
import type { Collected, Stage } from './collected.ts';

/** How often each stage runs. */
export type Rhythms = Readonly<Record<Stage, number>>;

const minuteMs = 60_000;
/** A stage stands still if it is silent for longer than this, and for longer than several of its runs. */
const leastSilentMs: Rhythms = { tick: 5 * minuteMs, compact: 120 * minuteMs };
const missedRuns = 5;

const codes = { tick: 'tick_stands_still', compact: 'compaction_stands_still' } as const;

export const standstills = (collected: Pick<Collected, 'silentMs'>, rhythms: Rhythms): HealthProblem[] =>
  (['tick', 'compact'] as const).flatMap(stage => {
    const silentMs = collected.silentMs(stage) ?? 0;
    if (silentMs <= Math.max(leastSilentMs[stage], missedRuns * rhythms[stage])) return [];
    return [healthProblem(codes[stage], `, for ${Math.floor(silentMs / minuteMs)} minutes`)];
  });

/** As long as the alarm on AWS allows. */
const mostLagSeconds = 24 * 3600;

/** Days that wait to be compacted for more than a day, although compaction runs. */
export const compactionBehind = (lagSeconds: number | undefined): HealthProblem[] =>
  lagSeconds !== undefined && lagSeconds > mostLagSeconds
    ? [healthProblem('compaction_behind', `, by ${Math.floor(lagSeconds / 3600)} hours`)]
    : [];
