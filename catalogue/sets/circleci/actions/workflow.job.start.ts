import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { jobMembers } from '../members.ts';

export const action = {
  action: 'workflow.job.start',
  description: 'A job of a workflow started.',
  emittedWhen: 'When an executor takes the job.',
  targetType: 'job',
  owner: 'workflows',
  versions: {
    1: {
      since: '2026-11-25',
      schema: {
        type: 'object',
        properties: {
          ...jobMembers,
          executor: { type: 'string', description: 'Where it runs, such as docker, machine or macos.' },
        },
      },
      example: {
        job_name: 'deploy',
        workflow_id: 'b3b1a8a4-5a0c-4c4f-9c0b-2f1de60a7d11',
        workflow_name: 'build-and-deploy',
        pipeline_number: 1287,
        executor: 'docker',
      },
    },
  },
} satisfies ActionDefinition;
