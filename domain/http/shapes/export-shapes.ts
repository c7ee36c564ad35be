/** The shapes of exports: the job as its reader sees it, what it would take, and the manifest beside its file. */
import * as z from 'zod';
import { maxListedEvents } from '#domain/export/copies.ts';
import { exportWarningCodes } from '#domain/export/export-warning.ts';
import { filterShape } from '#domain/export/filter.ts';
import { exportFormats } from '#domain/export/format.ts';
import { exportStatuses } from '#domain/export/job.ts';
import { count, instant, orNull } from './basic-shapes.ts';

const scheduleRun = z.strictObject({
  schedule_id: z.string(),
  n: z.number().int().min(1),
  filed_from: orNull(instant),
  filed_to: instant,
});
const filter = filterShape.meta({ description: 'What the export is to hold only.' });
export const exportStatus = z.enum(Object.values(exportStatuses));
export const failure = z.strictObject({ reason: z.string(), message: z.string() });
export const format = z.enum(exportFormats);
const exportWarning = {
  code: z.enum(Object.keys(exportWarningCodes) as [string, ...string[]]),
  message: z.string(),
  count: count.meta({ description: 'How many events it is about.' }),
};
export const job = z
  .strictObject({
    id: z.guid(),
    status: exportStatus,
    scope_id: orNull(z.string()),
    all_scopes: z.literal(true).optional(),
    from: orNull(instant),
    to: orNull(instant),
    requested_by: orNull(z.string()),
    reason: orNull(z.string()),
    requested_at: instant,
    filter: filter.optional(),
    format,
    compression: z.literal('gzip').optional(),
    schedule: scheduleRun.optional(),
    retries: count.optional(),
    waiting_for: z.string().optional(),
    waiting_since: instant.optional(),
    progress: z.strictObject({ slices_done: count, slices: count }).optional(),
    rows: count.optional(),
    duplicates: count.optional(),
    in_earlier_runs: count.optional(),
    filtered: count.optional(),
    conflicts: count.optional(),
    reused_ids: count.optional(),
    gaps: count.optional(),
    refused: count.optional().meta({
      description:
        'Refused items that may be in the window and are open; absent in exports of earlier releases.',
    }),
    bytes: count.optional(),
    sha256: z.string().optional(),
    bytes_scanned: count.optional(),
    complete_to: instant.optional(),
    warnings: z.array(z.strictObject(exportWarning)).min(1).optional(),
    failure: failure.optional(),
  })
  .meta({ description: 'An export; the counts are there once it has succeeded.' });
export const unreadableJob = z
  .strictObject({
    id: z.guid(),
    status: z.literal('unreadable'),
    scope_id: z.null(),
    from: z.null(),
    to: z.null(),
    requested_by: z.null(),
    reason: z.null(),
    requested_at: instant,
    failure,
  })
  .meta({ description: 'An export whose record is damaged; the operational log names its file.' });
export const estimate = z.strictObject({
  dry_run: z.literal(true),
  scope_id: orNull(z.string()),
  all_scopes: z.literal(true).optional(),
  from: orNull(instant),
  to: orNull(instant),
  slices: count,
  objects: count,
  bytes: count,
  estimated_cost_usd: z.number(),
});

const eventKey = z.strictObject({ id: z.string(), occurred_at: instant });
const keys = z.array(eventKey).max(maxListedEvents);
const conflict = eventKey.extend({
  copies: z
    .array(z.strictObject({ filed_at: instant, event: z.record(z.string(), orNull(z.string())) }))
    .length(2)
    .optional()
    .meta({
      description:
        'The copy that the file holds and the first that differs, as a CSV has them; absent if they are too many.',
    }),
});
export const manifest = z
  .strictObject({
    id: z.guid(),
    scope_id: orNull(z.string()),
    all_scopes: z.boolean().optional().meta({ description: 'Absent in manifests of earlier releases.' }),
    requested_by: orNull(z.string()),
    reason: orNull(z.string()),
    run_by: z.strictObject({
      role: z.string(),
      principal: z.string(),
      name: z
        .string()
        .optional()
        .describe('The person or the service: the name of their key, or of their IAM session'),
      name_asserted: z.literal(true).optional().describe('The name is what the caller chose'),
    }),
    requested_at: instant,
    window: z.strictObject({
      field: z.enum(['occurred_at', 'filed_at']),
      from: orNull(instant),
      to: orNull(instant),
    }),
    schedule: orNull(
      scheduleRun.partial().extend({
        look_back_to: orNull(instant),
        id: z.string().meta({ description: 'As `schedule_id`, which manifests of earlier releases lack.' }),
        run: z.number().int().meta({ description: 'As `n`, which manifests of earlier releases lack.' }),
      }),
    ),
    complete_to: instant,
    filter: orNull(filter),
    rows_read: count,
    rows: count,
    duplicates: count,
    in_earlier_runs: count,
    filtered: count,
    conflicts: z.strictObject({ events: count, first: z.array(conflict).max(maxListedEvents) }),
    reused_ids: z.strictObject({ events: count, first: keys }),
    truncated: count.optional(),
    event_warnings: z
      .record(z.string(), count)
      .optional()
      .meta({ description: 'How many events of the file have each code of a warning.' }),
    gaps: z.array(z.strictObject({ bucket: orNull(count), filed_at: instant, ended_at: orNull(instant) })),
    refused: count.optional().meta({ description: 'Absent in manifests of earlier releases.' }),
    warnings: z
      .array(z.strictObject({ ...exportWarning, first: keys }))
      .optional()
      .meta({ description: 'Absent in manifests of earlier releases, as `format` is.' }),
    format: format.optional(),
    compression: orNull(z.literal('gzip')),
    bytes: count,
    sha256: z.string(),
    slices: count,
    bytes_scanned: count,
    estimated_cost_usd: z.number(),
    times: z.record(z.string(), instant),
  })
  .meta({ description: 'What stands beside a file.' });
