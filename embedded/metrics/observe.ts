/** What an embedded server says about itself: the world of /healthz, and the route of /metrics. */
import type { DescribeWorld } from '#functions/describe.ts';
import { healthOf } from '#functions/http/health.ts';
import { type MeasuredWorld, measureLog } from '#functions/workflows/measure-log.ts';
import { type LocalWorld, localProblems } from '../health.ts';
import type { GatewayRoute } from '../http/gateway-route.ts';
import type { Collected } from './collected.ts';
import { exposeMetrics } from './expose.ts';
import { metricsRoute } from './metrics-route.ts';
import { compactionBehind, type Rhythms, standstills } from './standstill.ts';

export type Observed = {
  described: Omit<DescribeWorld, 'localProblems' | 'startedMs' | 'log'>;
  measured: MeasuredWorld;
  local: Omit<LocalWorld, 'stages' | 'log'>;
  collected: Collected;
  rhythms: Rhythms;
  log: LocalWorld['log'];
};

export const observe = ({
  described,
  measured,
  local,
  collected,
  rhythms,
  log,
}: Observed): { describeWorld: DescribeWorld; route: GatewayRoute } => {
  const startedMs = Date.now();
  const stages = () => [
    ...standstills(collected, rhythms),
    ...compactionBehind(collected.values.CompactionLag),
  ];
  const describeWorld = {
    ...described,
    localProblems: localProblems({ ...local, stages, log }),
    startedMs,
    log,
  };
  const answer = exposeMetrics({
    collected,
    measure: () => measureLog(measured),
    notices: describeWorld.notices,
    health: healthOf(describeWorld),
    directory: local.temporary,
    startedMs,
    log,
  });
  return { describeWorld, route: metricsRoute(answer) };
};
