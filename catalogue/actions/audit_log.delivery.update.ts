import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { deliveryVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.delivery.update',
  description: 'A delivery was changed.',
  emittedWhen:
    'Before the change is shown. An attempt that was refused is recorded too, with success false and why.',
  targetType: 'delivery',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: { 1: deliveryVersion },
} satisfies ActionDefinition;
