import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { jobMembers } from '../members.ts';

export const action = {
  action: 'workflow.job.approve',
  description: 'A job that waits for an approval was approved.',
  emittedWhen:
    'When somebody approves it in the application or by the API. A refused attempt is recorded too.',
  targetType: 'job',
  owner: 'workflows',
  ocsf: { class: 'api_activity', activity: 'Update' },
  versions: {
    1: {
      since: '2026-11-25',
      schema: { type: 'object', properties: { ...jobMembers } },
      example: {
        job_name: 'hold',
        workflow_id: 'b3b1a8a4-5a0c-4c4f-9c0b-2f1de60a7d11',
        workflow_name: 'build-and-deploy',
        pipeline_number: 1287,
      },
    },
  },
} satisfies ActionDefinition;
