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
