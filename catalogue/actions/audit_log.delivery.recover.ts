import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { deliveryStateVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.delivery.recover',
  description: 'A destination that had failed takes what is delivered again.',
  emittedWhen: 'When an attempt has succeeded, at most once an hour.',
  targetType: 'delivery',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: { 1: deliveryStateVersion },
} satisfies ActionDefinition;
