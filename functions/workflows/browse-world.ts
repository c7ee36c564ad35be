/** What reads a log: its days and rows, from segments and ledger, and how far it is complete. */
import type { S3 } from '#aws/clients.ts';
import type { Configuration } from '#aws/environment.ts';
import { LedgerDays } from '#aws/ledger-days.ts';
import { LedgerRows } from '#aws/ledger-rows.ts';
import { openAside, openLedger, openState, openViews } from '#aws/open.ts';
import { SegmentDays } from '#aws/segment-days.ts';
import { SegmentRows } from '#aws/segment-rows.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import type { BudgetLimits } from '#domain/browse/budget.ts';
import { leastObjects } from '#domain/compact/recent.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import type { Metrics } from '#functions/runtime/metrics.ts';
import { BadSegments } from './bad-segments.ts';

export type BrowseWorld = {
  buckets: number;
  days: LedgerDays;
  rows: LedgerRows;
  segmentDays: SegmentDays;
  segmentRows: SegmentRows;
  badSegments: BadSegments;
  /** Of a lane's day with fewer objects, all are read from the ledger. */
  leastRecentObjects: number;
  watermarks: Pick<Watermarks, 'all'>;
  gaps: Pick<Gaps, 'of'>;
  /** Files what these buckets have waiting, if somebody must ask for that. */
  gather?(buckets: readonly number[]): Promise<void>;
  budget: BudgetLimits;
  nowMs(): number;
  log: Log;
};

type LogPlaces = 'ANNALS_BUCKETS' | 'ANNALS_STATE' | 'ANNALS_LEDGER' | 'ANNALS_VIEWS' | 'ANNALS_ASIDE';

export const createBrowseWorld = (
  configuration: Configuration<LogPlaces>,
  s3: S3,
  { budget, log, metrics }: { budget: BudgetLimits; log: Log; metrics: Metrics },
): BrowseWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = openState(s3, configuration);
  const ledger = openLedger(s3, configuration);
  return {
    buckets,
    days: new LedgerDays(ledger),
    rows: new LedgerRows(ledger),
    segmentDays: new SegmentDays(new Compactions(state), error =>
      log('error', 'A record of compaction is damaged', errorFacts(error)),
    ),
    segmentRows: new SegmentRows(openViews(s3, configuration)),
    badSegments: new BadSegments(log, metrics),
    leastRecentObjects: leastObjects,
    watermarks: new Watermarks(state),
    gaps: new Gaps(openAside(s3, configuration), state, buckets),
    budget,
    nowMs: Date.now,
    log,
  };
};
