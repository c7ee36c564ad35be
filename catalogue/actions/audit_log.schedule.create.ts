import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { scheduleVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.schedule.create',
  description: 'A schedule of exports was set up.',
  emittedWhen:
    'Before the schedule is shown. An attempt that was refused is recorded too, with success false and why.',
  targetType: 'schedule',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Create' },
  versions: { 1: scheduleVersion },
} satisfies ActionDefinition;
