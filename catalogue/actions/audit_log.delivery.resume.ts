import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { deliveryVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.delivery.resume',
  description: 'A delivery that was paused or had stopped was resumed.',
  emittedWhen: 'Before it goes on.',
  targetType: 'delivery',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: { 1: deliveryVersion },
} satisfies ActionDefinition;
