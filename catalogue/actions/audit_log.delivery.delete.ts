import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { deliveryVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.delivery.delete',
  description: 'A delivery was deleted. Its id cannot be used again.',
  emittedWhen: 'Before it is shown as deleted.',
  targetType: 'delivery',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Delete' },
  versions: { 1: deliveryVersion },
} satisfies ActionDefinition;
