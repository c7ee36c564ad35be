import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { deliveryStateVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.delivery.stop',
  description: 'A delivery has stopped, since nothing can be handed over until somebody acts.',
  emittedWhen: 'When it stops, at most once an hour.',
  targetType: 'delivery',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: { 1: { ...deliveryStateVersion, example: { code: 'bucket_missing', status: 404, times: 1 } } },
} satisfies ActionDefinition;
