import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { deliveryStateVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.delivery.fail',
  description: 'A destination does not take what is delivered; it is tried again until it does.',
  emittedWhen: 'When the first attempt has failed, at most once an hour.',
  targetType: 'delivery',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: { 1: deliveryStateVersion },
} satisfies ActionDefinition;
