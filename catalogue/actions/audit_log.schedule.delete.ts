import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { scheduleVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.schedule.delete',
  description: 'A schedule of exports was deleted.',
  emittedWhen: 'Before it is deleted. A refused attempt is recorded too, with success false and the reason.',
  targetType: 'schedule',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Delete' },
  versions: { 1: scheduleVersion },
} satisfies ActionDefinition;
