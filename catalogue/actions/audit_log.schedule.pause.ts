import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { scheduleVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.schedule.pause',
  description: 'A schedule of exports was paused, by somebody or because its owner is no longer an admin.',
  emittedWhen:
    'Before it is shown as paused. An attempt that was refused is recorded too, with success false and why.',
  targetType: 'schedule',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: { 1: { ...scheduleVersion, example: { ...scheduleVersion.example, paused: true } } },
} satisfies ActionDefinition;
