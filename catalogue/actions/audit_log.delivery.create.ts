import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { deliveryVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.delivery.create',
  description: 'A delivery of the log to a place of the customer was set up.',
  emittedWhen:
    'Before the delivery is shown. An attempt that was refused is recorded too, with success false and why.',
  targetType: 'delivery',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Create' },
  versions: { 1: deliveryVersion },
} satisfies ActionDefinition;
