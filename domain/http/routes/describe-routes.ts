/** The routes that describe the log: its catalogue, its API and its health. */
import { json, problem, type Routes } from './route.ts';

export const describeRoutes = {
  'GET /v1/actions': {
    id: 'listActions',
    access: 'anyone',
    summary: 'The actions that are catalogued.',
    answers: { 200: { description: 'All of them.', content: json('Actions') } },
    problems: [],
  },
  'GET /v1/schemas': {
    id: 'listSchemas',
    access: 'anyone',
    summary: 'The JSON Schema of each payload, by action and version.',
    answers: { 200: { description: 'All of them.', content: json('Schemas') } },
    problems: [],
  },
  'GET /v1/openapi.json': {
    id: 'describeSurface',
    access: 'anyone',
    summary: 'This description.',
    answers: { 200: { description: 'OpenAPI 3.1.', content: json('OpenApi') } },
    problems: [],
  },
  'GET /healthz': {
    id: 'checkHealth',
    access: 'anyone',
    summary: 'Whether the log is well, and up to when it is complete.',
    answers: {
      200: {
        description: 'Events are taken; "problems" says what else does not work.',
        content: json('Health'),
      },
      503: {
        description: 'Events cannot be taken, or the state cannot be read.',
        content: { ...json('Health'), ...problem('Problem') },
      },
    },
    problems: [],
  },
} satisfies Routes;
