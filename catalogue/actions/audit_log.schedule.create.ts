/** `audit_log.schedule.create`, as the catalogue has it. */
import type { ActionDefinition } from '#domain/action.ts';
import { scheduleMembers } from '../members.ts';

export const action = {
  action: 'audit_log.schedule.create',
  description: 'A schedule of exports was set up.',
  emittedWhen:
    'Before the schedule is shown. An attempt that was refused is recorded too, with success false and why.',
  targetType: 'schedule',
  owner: 'annals',
  versions: {
    1: {
      since: '2026-11-25',
      schema: { type: 'object', properties: { ...scheduleMembers }, required: ['requested_by'] },
      example: {
        requested_by: 'u-17',
        reason: 'ticket 8842',
        every: 'weekly',
        on: 'monday',
        at: '06:00',
        time_zone: 'Europe/Berlin',
        paused: false,
      },
    },
  },
} satisfies ActionDefinition;
