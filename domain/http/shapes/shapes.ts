/**
 * The shapes of what goes over HTTP, for the description of the surface. What callers send is described by the very
 * shapes that read it, where these are declared elsewhere; a test holds every answer against the shapes here.
 */
import * as z from 'zod';
import { actionGrammar, maxActionCharacters } from '#domain/event/event.ts';
import { maxVersion } from '#domain/event/structure.ts';
import { warningCodes } from '#domain/event/warning.ts';
import { exportRequestShape } from '#domain/export/request.ts';
import { healthProblems } from '#domain/health.ts';
import { gapDismissalShape, gapRequestShape } from '#domain/http/gap-request.ts';
import { maxRequestEvents } from '#domain/receive/limits.ts';
import { scheduleRequestShape } from '#domain/schedule/request.ts';
import { count, cursor, instant, name, orNull, problem, refusal, unreadable } from './basic-shapes.ts';
import { estimate, exportStatus, failure, format, job, manifest, unreadableJob } from './export-shapes.ts';
import { refusedShapes } from './refused-shapes.ts';

const party = z
  .looseObject({ id: z.string().min(1), type: name, name: z.string().optional() })
  .meta({ description: 'Other members are kept, and a name of any form.' });
const scope = z
  .looseObject({ id: name, type: name, name: z.string().optional() })
  .meta({ description: 'The account that owns the target. No customer sees an event without.' });
const textMap = z
  .record(z.string(), z.string())
  .meta({ description: 'A value that is not a string is kept as its JSON text, with a warning.' });

const event = z
  .strictObject({
    action: z
      .string()
      .max(maxActionCharacters)
      .regex(actionGrammar)
      .meta({ description: 'The action taken: the entity first and the action last.' }),
    actor: party,
    target: party,
    success: z.boolean(),
    payload: orNull(z.looseObject({})).optional().meta({
      description: 'What `GET /v1/schemas` has for the action and the version; further members are kept.',
    }),
    occurred_at: orNull(z.string())
      .optional()
      .meta({
        description:
          'RFC 3339, 0 to 9 fractional digits. Required beside an id; stamped where both are absent.',
        examples: ['2017-12-21T13:50:54.474Z'],
      }),
    metadata: orNull(textMap).optional(),
    id: orNull(z.union([z.guid(), z.string().min(1), z.number().int()]))
      .optional()
      .meta({
        description:
          'With `occurred_at`, it makes a retry the same event. If it is not a UUID, one is derived from it.',
      }),
    version: orNull(z.number().int().min(1).max(maxVersion))
      .optional()
      .meta({ description: "Of the payload's schema; 1 where it is absent." }),
    scope: orNull(scope).optional(),
    request: orNull(
      z.looseObject({
        id: z.string().optional(),
        ip_address: z.string().optional(),
        client_trace_id: z.string().optional(),
      }),
    )
      .optional()
      .meta({
        description: [
          'The external request that caused the event, kept as sent. null: there was none. Absent: the request that',
          'brings the event is stamped, unless `stamp_request` is false.',
        ].join(' '),
      }),
  })
  .meta({
    description: [
      'An audit event as its emitter sends it. It is refused for its structure alone: descriptive text is kept as',
      'sent, or repaired with a warning (docs/refusals.md).',
    ].join(' '),
  });

const cloudEvent = z
  .looseObject({
    specversion: z.literal('1.0'),
    id: z.string().min(1),
    source: z.string().min(1),
    type: z.string(),
    time: z.string(),
  })
  .meta({ description: 'CloudEvents 1.0, as docs/cloudevents.md maps it.' });

const warning = z.strictObject({
  code: z.enum(Object.keys(warningCodes) as [string, ...string[]]).meta({
    description: 'An event has at most one of each code; docs/refusals.md says what each means.',
  }),
  path: z.string().meta({ description: 'A JSON pointer within the event, to the first place.' }),
  message: z.string(),
  count: z.number().int().min(2).optional().meta({ description: 'How many places there are.' }),
});
const accepted = z.strictObject({
  index: count,
  id: z.guid(),
  sent_id: z.string().optional().meta({ description: 'The id that was sent, if it is not a UUID.' }),
  occurred_at: instant,
  received_at: instant,
  catalogued: z
    .literal(false)
    .optional()
    .meta({ description: 'There, and false, where the catalogue does not have the action or the version.' }),
  warnings: z.array(warning).min(1).optional(),
});
const notStoredList = z
  .array(
    z.strictObject({
      index: orNull(count),
      id: z.guid().optional(),
      occurred_at: instant.optional(),
    }),
  )
  .meta({
    description:
      'What to send again, with id and time; with refused=keep also refused events that are not kept, without them.',
  });
const leftOut = count
  .optional()
  .meta({ description: 'How many warnings are not told, since the answer would be too large.' });
const received = z.strictObject({
  accepted: count,
  events: z.array(accepted).meta({ description: 'In the order of the input.' }),
  rejected: z.array(refusal),
  not_stored: notStoredList.optional(),
  warnings_left_out: leftOut,
});

const noValidEvent = problem.extend({
  code: z.literal('no_valid_event'),
  accepted: z.literal(0),
  events: z.array(accepted).max(0),
  rejected: z.array(refusal),
  not_stored: notStoredList.optional(),
});
const notStored = problem.extend({
  accepted: count.optional(),
  events: z.array(accepted).optional(),
  rejected: z.array(refusal).optional(),
  warnings_left_out: leftOut,
  not_stored: notStoredList.optional().meta({ description: 'Absent if nothing was looked at.' }),
});

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
  export_id: z.guid(),
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
  Event: event,
  Events: z.union([event, z.array(event).min(1).max(maxRequestEvents)]),
  CloudEvent: cloudEvent,
  CloudEvents: z.array(cloudEvent).min(1).max(maxRequestEvents),
  Lines: z.string().meta({ description: 'One event a line.' }),
  Received: received,
  NoValidEvent: noValidEvent,
  NotStored: notStored,
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
