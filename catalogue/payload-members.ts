/** Payload members that several actions share. */
import type { ActionVersion, PayloadSchema } from '#domain/catalogue/action.ts';

type Members = PayloadSchema['properties'];

/** What an export was requested with. */
export const exportMembers = {
  all_scopes: { type: 'boolean', description: 'True for the complete log: that of every scope.' },
  requested_by: {
    type: ['string', 'null'],
    description: 'The user who requested the log; null if the operator did.',
  },
  reason: { type: ['string', 'null'], description: 'The reason, or the ticket.' },
  from: {
    type: ['string', 'null'],
    description: 'The start of the window in `occurred_at`, inclusive; null is the beginning.',
    format: 'date-time',
  },
  to: {
    type: ['string', 'null'],
    description: 'Its end, exclusive; null means no limit.',
    format: 'date-time',
  },
  filter: { type: 'object', description: 'What the events of the export had to match.' },
  complete_to: {
    type: 'string',
    description: 'Only what was filed before this; absent for all that is filed when the log is read.',
    format: 'date-time',
  },
  format: { type: 'string', description: 'csv-excel or ndjson; absent for csv.' },
  schedule: {
    type: 'object',
    description: 'The run of a schedule that the export is.',
    properties: {
      schedule_id: { type: 'string', description: 'The id of the schedule.' },
      n: { type: 'integer', description: 'The number of the run.', minimum: 1 },
      filed_from: {
        type: ['string', 'null'],
        description: 'The start of the run in `filed_at`, inclusive; null is the beginning.',
        format: 'date-time',
      },
      filed_to: { type: 'string', description: 'Its end, exclusive.', format: 'date-time' },
    },
    required: ['schedule_id', 'n', 'filed_from', 'filed_to'],
  },
} satisfies Members;

/** How a schedule is set, or why it was not. */
const scheduleMembers = {
  requested_by: { type: 'string', description: 'The admin whose schedule it is.' },
  reason: { type: ['string', 'null'], description: 'The reason, or the ticket.' },
  every: { type: 'string', description: 'How often: daily, weekly or monthly.' },
  on: { type: ['string', 'integer'], description: 'The day of the week, or of the month.' },
  at: { type: 'string', description: 'The time of day, as HH:MM.' },
  time_zone: { type: 'string', description: 'The name of its time zone.' },
  from: { type: 'string', description: 'When the first run begins, in `filed_at`.', format: 'date-time' },
  paused: { type: 'boolean', description: 'Whether it is paused.' },
  format: { type: 'string', description: 'csv-excel or ndjson; absent for csv.' },
  compression: { type: 'string', description: 'gzip, if the files are compressed.' },
  because: { type: 'string', description: 'Why Annals itself changed it.' },
  refused: {
    type: 'string',
    description: 'If it was refused, the code of the answer.',
  },
} satisfies Members;

/** What the actions on schedules share: one place records them all. */
export const scheduleVersion = {
  since: '2026-11-25',
  schema: { type: 'object', properties: scheduleMembers, required: ['requested_by'] },
  example: {
    requested_by: 'u-17',
    reason: 'ticket 8842',
    every: 'weekly',
    on: 'monday',
    at: '06:00',
    time_zone: 'Europe/Berlin',
    paused: false,
  },
} satisfies ActionVersion;

/** How a delivery is set. */
const deliveryMembers = {
  requested_by: {
    type: ['string', 'null'],
    description: 'The admin whose delivery it is; null if the operator alone answers for it.',
  },
  reason: { type: ['string', 'null'], description: 'The reason, or the ticket.' },
  destination: {
    type: 'object',
    description: 'Where the log goes: its type, and what names the place; never a secret.',
    properties: { type: { type: 'string', description: 'directory, s3 or https.' } },
    required: ['type'],
  },
  format: { type: 'string', description: 'json or ocsf.' },
  filter: { type: ['object', 'null'], description: 'What is delivered; null for every event.' },
  paused: { type: 'boolean', description: 'Whether it is paused.' },
  first_run: { type: 'integer', description: 'The first run that is sent again.', minimum: 1 },
  last_run: { type: 'integer', description: 'The last one.', minimum: 1 },
  because: { type: 'string', description: 'Why Annals itself changed it.' },
  refused: { type: 'string', description: 'If it was refused, the code of the answer.' },
} satisfies Members;

/** What the actions on deliveries share: one place records them all. */
export const deliveryVersion = {
  since: '2026-11-26',
  schema: { type: 'object', properties: deliveryMembers, required: ['requested_by'] },
  example: {
    requested_by: 'u-17',
    reason: 'ticket 8842',
    destination: {
      type: 's3',
      bucket: 'acme-audit-log',
      region: 'eu-central-1',
      role_arn: 'arn:aws:iam::111122223333:role/annals',
    },
    format: 'json',
    filter: null,
    paused: false,
  },
} satisfies ActionVersion;

/** What the actions on the state of a delivery share. */
export const deliveryStateVersion = {
  since: '2026-11-26',
  schema: {
    type: 'object',
    properties: {
      code: { type: 'string', description: 'What is or was wrong with the destination.' },
      status: { type: ['integer', 'null'], description: 'The HTTP status of the answer, if there was one.' },
      times: {
        type: 'integer',
        description: 'How often it happened since it was recorded last, this time included.',
        minimum: 1,
      },
    },
    required: ['code', 'times'],
  },
  example: { code: 'timed_out', status: null, times: 1 },
} satisfies ActionVersion;
