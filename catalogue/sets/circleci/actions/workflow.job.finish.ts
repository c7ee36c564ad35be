import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { jobMembers } from '../members.ts';

export const action = {
  action: 'workflow.job.finish',
  description: 'A job of a workflow ended.',
  emittedWhen: 'When the job has ended in any way; success says whether it succeeded.',
  targetType: 'job',
  owner: 'workflows',
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          ...jobMembers,
          status: {
            type: 'string',
            description: 'How it ended, such as success, failed, canceled, timedout or infrastructure_fail.',
          },
          duration_ms: { type: 'integer', description: 'How long it ran, in milliseconds.', minimum: 0 },
        },
      },
      example: {
        job_name: 'deploy',
        workflow_id: 'b3b1a8a4-5a0c-4c4f-9c0b-2f1de60a7d11',
        workflow_name: 'build-and-deploy',
        pipeline_number: 1287,
        status: 'success',
        duration_ms: 71250,
      },
    },
  },
} satisfies ActionDefinition;
