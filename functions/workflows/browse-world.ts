/** The dependencies of browse. */
import type { LedgerDays } from '#aws/ledger-days.ts';
import type { LedgerRows } from '#aws/ledger-rows.ts';
import type { Gaps } from '#aws/state/gaps.ts';
import type { Watermarks } from '#aws/state/watermarks.ts';
import type { BudgetLimits } from '#domain/browse/budget.ts';
import type { Log } from '#functions/runtime/log.ts';

export type BrowseWorld = {
  buckets: number;
  days: LedgerDays;
  rows: LedgerRows;
  watermarks: Pick<Watermarks, 'all'>;
  gaps: Pick<Gaps, 'of'>;
  budget: BudgetLimits;
  nowMs(): number;
  log: Log;
};
