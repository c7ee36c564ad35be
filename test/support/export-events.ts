/** The stored events of an export in order, and the job that some of them make. */
import { type ExportEvent, type ExportJob, evolve } from '#domain/export/job.ts';

export const at = '2026-11-23T12:00:00.000000000Z';

export const asked: ExportEvent = {
  type: 'asked',
  at,
  id: 'e-1',
  request: { scope_id: 'acme' },
  role: 'support',
  principal: 'p',
  body_sha256: 'h',
};

export const requested: ExportEvent = {
  type: 'requested',
  at,
  heartbeats: [{ bucket: 7, stream: 's', shard: 'a', sequence: '9' }],
};

export const starting: ExportEvent = {
  type: 'starting',
  at,
  attempt: 1,
  slices: [
    { sql: 'S', parameters: [] },
    { sql: 'T', parameters: [] },
  ],
  complete_to: at,
  done: [],
};

export const running: ExportEvent = { type: 'running', at, attempt: 1, slice: 0, query_execution_id: 'q' };

export const second: ExportEvent = { type: 'running', at, attempt: 1, slice: 1, query_execution_id: 'r' };

export const result = {
  rows: 1,
  duplicates: 0,
  in_earlier_runs: 0,
  filtered: 0,
  conflicts: 0,
  reused_ids: 0,
  bytes: 9,
  sha256: 's',
  bytes_scanned: 5,
  gaps: 0,
};

export const given = (...events: ExportEvent[]): ExportJob =>
  events.reduce<ExportJob | undefined>(evolve, undefined)!;
