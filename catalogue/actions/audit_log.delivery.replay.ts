import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { deliveryVersion } from '../payload-members.ts';

export const action = {
  action: 'audit_log.delivery.replay',
  description: 'Runs of a delivery are sent again.',
  emittedWhen: 'Before the first of them is sent.',
  targetType: 'delivery',
  scopeRequired: false,
  owner: 'annals',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: {
    1: { ...deliveryVersion, example: { ...deliveryVersion.example, first_run: 17, last_run: 20 } },
  },
} satisfies ActionDefinition;
