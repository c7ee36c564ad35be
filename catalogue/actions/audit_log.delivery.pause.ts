import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { deliveryVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.delivery.pause',
  description: 'A delivery was paused, by somebody or because its owner is no longer an admin.',
  emittedWhen: 'Before it is shown as paused.',
  targetType: 'delivery',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: { 1: { ...deliveryVersion, example: { ...deliveryVersion.example, paused: true } } },
} satisfies ActionDefinition;
