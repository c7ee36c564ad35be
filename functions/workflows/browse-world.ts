/** The dependencies of browse. */
import type { LedgerDays } from '#aws/ledger-days.ts';
import type { LedgerRows } from '#aws/ledger-rows.ts';
import type { SegmentDays } from '#aws/segment-days.ts';
import type { SegmentRows } from '#aws/segment-rows.ts';
import type { Gaps } from '#aws/state/gaps.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import type { BudgetLimits } from '#domain/browse/budget.ts';
import type { Log } from '#functions/runtime/log.ts';

import type { BadSegments } from './bad-segments.ts';

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
