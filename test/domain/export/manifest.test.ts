import { describe, expect, it } from 'vitest';
import { makeManifest } from '#domain/export/manifest.ts';
import { asked, at, given, requested, running, starting } from '#test/support/export-events.ts';

const summary = {
  rows: 4,
  duplicates: 3,
  in_earlier_runs: 2,
  filtered: 1,
  conflicts: 0,
  reused_ids: 0,
  conflicting_events: [],
  reused_events: [],
  event_warnings: { truncated: 2 },
  is_empty: false,
  long_cells: 0,
  long_events: [],
  bytes: 9,
  sha256: 's',
};
const later = '2026-11-23T12:01:00.000000000Z';
const manifestOf = (change: object = {}) =>
  makeManifest({
    job: { ...given(asked, requested, starting, running), ...change },
    summary,
    warnings: [],
    gaps: [],
    refused: 0,
    bytesScanned: [5, 6],
    completedAt: later,
  });

describe('the manifest of an export', () => {
  it('accounts for every row that was read', () => {
    expect(manifestOf()).toMatchObject({
      rows_read: 10,
      rows: 4,
      truncated: 2,
      bytes_scanned: 11,
      slices: 2,
    });
  });

  it('says what was requested, and when each step began', () => {
    expect(manifestOf()).toMatchObject({
      scope_id: 'acme',
      all_scopes: false,
      schedule: null,
      window: { field: 'occurred_at', from: null, to: null },
      format: 'csv',
      compression: null,
      times: { asked: at, requested: at, starting: at, running: at, completed: later },
    });
  });

  it('of the run of a schedule has the window of the run', () => {
    const run = { schedule_id: 'nightly', n: 3, filed_from: null, filed_to: at };
    expect(manifestOf({ run })).toMatchObject({
      window: { field: 'filed_at', from: null, to: at },
      schedule: { id: 'nightly', run: 3, look_back_to: null },
    });
  });
});
