/**
 * What /metrics answers: what the stages have counted, and what is measured when somebody asks, at most every
 * few seconds. The number of its lines never grows: the only label is the code of a health problem.
 */
import { statfs } from 'node:fs/promises';
import type { Notices } from '#aws/state/notices.ts';
import { healthProblems } from '#domain/health.ts';
import type { MetricName, MetricValues } from '#domain/metrics.ts';
import { encodeOpenMetrics, type MetricFamily, openMetricsType } from '#domain/open-metrics.ts';
import { type Answer, retryLater } from '#functions/http/answer.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import type { Collected } from './collected.ts';
import { type Family, families, isCounter, ownFamilies } from './families.ts';

export type ExposedWorld = {
  collected: Pick<Collected, 'values'>;
  /** Measures the log; see `measureLog`. */
  measure(): Promise<MetricValues>;
  notices: Pick<Notices, 'countWaiting'>;
  /** The answer of /healthz. */
  health(): Promise<Answer>;
  /** A folder on the disk of the data. */
  directory: string;
  startedMs: number;
  log: Log;
};

/** A scrape lists parts of the state, so that answers are reused for this long. */
const answeredAnewAfterMs = 5000;

export const exposeMetrics = (world: ExposedWorld): (() => Promise<Answer>) => {
  let answered: { at: number; answer: Promise<Answer> } | undefined;
  return () => {
    const now = performance.now();
    if (!answered || now - answered.at > answeredAnewAfterMs) answered = { at: now, answer: expose(world) };
    return answered.answer;
  };
};

const expose = async (world: ExposedWorld): Promise<Answer> => {
  try {
    return {
      statusCode: 200,
      headers: { 'content-type': openMetricsType, 'cache-control': 'no-store' },
      body: encodeOpenMetrics(await familiesOf(world)),
    };
  } catch (error) {
    world.log('error', 'The metrics could not be measured', errorFacts(error));
    return retryLater('state_unavailable', 'The state of the log cannot be read now');
  }
};

const familiesOf = async (world: ExposedWorld): Promise<MetricFamily[]> => {
  const measured = await world.measure();
  const values: MetricValues = { ...world.collected.values, ...measured };
  const { bavail, bsize, blocks } = await statfs(world.directory);
  const problems = new Set(await codesOf(world.health()));
  const one = (family: Family, value: number): MetricFamily => ({ ...family, samples: [{ value }] });
  return [
    ...(Object.keys(families) as MetricName[]).map(name => ({
      ...families[name],
      samples: samplesOf(values[name] ?? (isCounter(name) ? 0 : undefined)),
    })),
    one(ownFamilies.waitingNotices, await world.notices.countWaiting()),
    one(ownFamilies.diskFree, bavail * bsize),
    one(ownFamilies.diskSize, blocks * bsize),
    one(ownFamilies.started, world.startedMs / 1000),
    {
      ...ownFamilies.problem,
      samples: Object.keys(healthProblems).map(code => ({
        value: problems.has(code) ? 1 : 0,
        labels: { code },
      })),
    },
  ];
};

const samplesOf = (value: number | undefined) => (value === undefined ? [] : [{ value }]);

const codesOf = async (health: Promise<Answer>): Promise<string[]> => {
  const { problems = [] } = JSON.parse((await health).body) as { problems?: { code: string }[] };
  return problems.map(({ code }) => code);
};
