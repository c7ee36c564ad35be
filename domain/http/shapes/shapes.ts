/**
 * The shapes of requests and answers of the HTTP API, by the names that they have in the OpenAPI document.
 * A request is described by the shape that reads it; a test holds every answer against its shape.
 */
import * as z from 'zod';
import { exportRequestShape } from '#domain/export/request.ts';
import { healthProblems } from '#domain/health.ts';
import { gapDismissalShape, gapRequestShape } from '#domain/http/gap-request.ts';
import { scheduleRequestShape } from '#domain/schedule/request.ts';
import { count, cursor, instant, orNull, problem, unreadable } from './basic-shapes.ts';
import { browseShapes } from './browse-shapes.ts';
import { deliveryShapes } from './delivery-shapes.ts';
import { estimate, exportStatus, failure, format, job, manifest, unreadableJob } from './export-shapes.ts';
import { pageShapes } from './page-shapes.ts';
import { receiveShapes } from './receive-shapes.ts';
import { refusedShapes } from './refused-shapes.ts';

const schedule = z.strictObject({
  id: z.string(),
  scope_id: z.string(),
  every: z.enum(['daily', 'weekly', 'monthly']),
  on: z.union([z.string(), z.number().int()]).optional(),
  at: z.string(),
  time_zone: z.string(),
  from: instant.optional(),
  requested_by: z.string(),
  reason: z.string().optional(),
  paused: z.boolean(),
  format,
  compression: z.literal('gzip').optional(),
  created_at: instant,
  changed_at: instant,
  runs: count,
  last_end: orNull(instant),
  next_run_at: orNull(instant),
});
const runWindow = {
  n: z.number().int().min(1),
  filed_from: orNull(instant),
  filed_to: instant,
  export_id: z.guid(),
};
const startedRun = z.strictObject({ schedule_id: z.string(), ...runWindow });
const run = z.strictObject({
  ...runWindow,
  at: instant,
  status: z.enum([...exportStatus.options, 'unreadable']),
  rows: count.optional(),
  duplicates: count.optional(),
  in_earlier_runs: count.optional(),
  gaps: count.optional(),
  failure: failure.optional(),
});

const admin = z.strictObject({ user_id: z.string(), granted_at: instant, granted_by: z.string() });

const gap = z.strictObject({
  id: z.string(),
  cause: z.string(),
  kind: z.enum(['quarantined', 'given_up', 'lost']).meta({
    description: 'Lost: the stream has lost it, so that it can only be dismissed; its records are not known.',
  }),
  reason: z.string(),
  buckets: z.array(orNull(count)),
  records: count,
  filed_at: instant,
  redriven_at: orNull(instant),
});

const notice = z.strictObject({
  id: z.guid(),
  status: z.enum(['waiting', 'undelivered']),
  export_id: orNull(z.guid()),
  delivery: orNull(z.strictObject({ scope_id: z.string(), id: z.string() })),
  subject: z.string(),
  since: instant,
  attempts: count,
  next_attempt_at: orNull(instant),
  last_reason: orNull(z.string()),
});

const action = z.strictObject({
  action: z.string(),
  description: z.string(),
  emitted_when: z.string(),
  target_type: z.string(),
  scope_required: z.boolean(),
  owner: z.string(),
  since: z.iso.date(),
  deprecated: z.string().optional(),
  versions: z
    .array(
      z.strictObject({
        version: z.number().int().min(1),
        since: z.iso.date(),
        example: z.looseObject({}),
        has_upcaster: z.boolean(),
      }),
    )
    .min(1),
});

/** Every shape that has a name of its own in the description. */
export const shapes = {
  ...receiveShapes,
  ...browseShapes,
  ...pageShapes,
  Problem: problem,
  ExportRequest: exportRequestShape,
  Export: job,
  Exports: z.strictObject({ exports: z.array(z.union([job, unreadableJob])), cursor }),
  Estimate: estimate,
  Manifest: manifest,
  Link: z.strictObject({ url: z.url(), expires_at: instant }),
  ScheduleRequest: scheduleRequestShape,
  Schedule: schedule,
  Schedules: z.strictObject({ schedules: z.array(schedule), unreadable, cursor }),
  Runs: z.strictObject({ runs: z.array(run) }),
  StartedRun: startedRun,
  ...deliveryShapes,
  Admins: z.strictObject({ admins: z.array(admin), unreadable, cursor }),
  Admin: admin.extend({ scope_id: z.string() }),
  Gaps: z.strictObject({ gaps: z.array(gap), cursor }),
  GapRedrive: gapRequestShape,
  GapDismissal: gapDismissalShape,
  Redriven: z.strictObject({ id: z.string(), redriven_at: instant, records: count, waiting_for: z.string() }),
  GapEnd: z.strictObject({
    id: z.string(),
    ended_at: instant,
    how: z.enum(['redriven', 'dismissed']),
    by: z.string(),
    reason: orNull(z.string()),
  }),
  ...refusedShapes,
  Notices: z.strictObject({ notices: z.array(notice), unreadable, cursor }),
  Notice: notice,
  Actions: z.strictObject({ actions: z.array(action) }),
  Schemas: z.strictObject({
    schemas: z.array(
      z.strictObject({
        action: z.string(),
        version: z.number().int().min(1),
        schema: z.looseObject({}).meta({ description: 'JSON Schema 2020-12.' }),
      }),
    ),
  }),
  Health: z.strictObject({
    status: z.enum(['ok', 'degraded']),
    complete_to: orNull(instant),
    compacted_to: orNull(z.iso.date()).meta({
      description:
        'The last day of filing of which every bucket is compacted; later ones are read from the ledger.',
    }),
    problems: z
      .array(
        z.strictObject({
          code: z.enum(Object.keys(healthProblems) as [string, ...string[]]),
          message: z.string(),
        }),
      )
      .min(1)
      .optional()
      .meta({ description: 'What does not work; absent if all is well.' }),
  }),
  OpenApi: z.looseObject({ openapi: z.string() }),
} as const;

export type ShapeName = keyof typeof shapes;

/** What a shape describes, as its reader has it: `Api<'Export'>` is an export as the API gives it. */
export type Api<Name extends ShapeName> = z.output<(typeof shapes)[Name]>;
