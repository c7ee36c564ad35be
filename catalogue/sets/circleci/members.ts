/** Members that the payloads of several actions have. */
import type { PayloadSchema } from '#domain/catalogue/action.ts';

/** Which job of which workflow it is about. */
export const jobMembers = {
  job_name: { type: 'string', description: 'The name of the job in the configuration of the workflow.' },
  workflow_id: { type: 'string', description: 'The id of the workflow that the job is part of.' },
  workflow_name: { type: 'string', description: 'The name of that workflow.' },
  pipeline_number: {
    type: 'integer',
    description: 'The number of the pipeline within its project.',
    minimum: 1,
  },
} satisfies PayloadSchema['properties'];
