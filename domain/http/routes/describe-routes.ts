/** The routes that describe the log: its catalogue, its API and its health. */
import { json, problem, type Routes } from './route.ts';

export const describeRoutes = {
  'GET /v1/actions': {
    id: 'listActions',
    access: 'anyone',
    summary: 'List the catalogued actions.',
    answers: { 200: { description: 'All actions.', content: json('Actions') } },
    problems: [],
  },
  'GET /v1/schemas': {
    id: 'listSchemas',
    access: 'anyone',
    summary: 'List the JSON Schemas of payloads, by action and version.',
    answers: { 200: { description: 'All schemas.', content: json('Schemas') } },
    problems: [],
  },
  'GET /v1/openapi.json': {
    id: 'describeSurface',
    access: 'anyone',
    summary: 'Get this document.',
    answers: { 200: { description: 'OpenAPI 3.1.', content: json('OpenApi') } },
    problems: [],
  },
  'GET /healthz': {
    id: 'checkHealth',
    access: 'anyone',
    summary: 'Show the health of the log, and up to when it is complete.',
    answers: {
      200: {
        description: 'Events are taken; "problems" says what else is wrong.',
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
