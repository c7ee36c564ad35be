import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { scheduleVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.schedule.update',
  description: 'A schedule of exports was changed, or resumed.',
  emittedWhen:
    'Before the change is shown. An attempt that was refused is recorded too, with success false and why.',
  targetType: 'schedule',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: { 1: scheduleVersion },
} satisfies ActionDefinition;
