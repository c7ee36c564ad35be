/** The routes that look into a log. */
import { intervalNames } from '#domain/browse/histogram.ts';
import { defaultPage, maxPage } from '#domain/browse/request.ts';
import { valueFields } from '#domain/browse/values.ts';
import {
  choiceParameter,
  eventCursor,
  filterParameter,
  nameParameter,
  type Parameter,
  reasonParameter,
  timeParameter,
  trueParameter,
} from '../parameters.ts';
import { json, type Routes } from './route.ts';

const selection = {
  scope_id: nameParameter('Whose log it is.'),
  all_scopes: trueParameter('The complete log; for the operator, with a reason, which is recorded.'),
  reason: reasonParameter('The reason or the ticket; needed for all scopes.'),
  from: timeParameter('Only what occurred at this time or later.'),
  to: timeParameter('Only what occurred before this time.'),
  action: filterParameter('Actions: `user.login`, `user.*`.'),
  actor: filterParameter('Ids of actors.'),
  target: filterParameter('Ids of targets.'),
  success: filterParameter('true or false.'),
  request_id: filterParameter('Ids of requests.'),
  client_trace_id: filterParameter('Trace ids that clients sent with their requests.'),
  address: filterParameter('Addresses of requests, in any form of an address.'),
  id: filterParameter('Ids of events.'),
  payload: filterParameter('What is at a path of the payload: `branch:main`, `-pull_request.state:draft`.'),
  metadata: filterParameter('What the metadata have by name: `region:eu`.'),
  q: {
    description: 'Text that a field of the event contains, in any case.',
    schema: { type: 'string', minLength: 1, maxLength: 1024 },
  },
  cursor: eventCursor,
} satisfies Record<string, Parameter>;

const problems = [
  'invalid_request',
  'empty_window',
  'scope_required',
  'reason_required',
  'invalid_cursor',
  'not_an_admin',
  'not_recorded',
] as const;

export const browseRoutes = {
  'GET /v1/events': {
    id: 'listEvents',
    access: 'readers',
    summary: 'Show the events of a log, the newest first; for admins of the scope and the operator.',
    query: {
      ...selection,
      limit: {
        description: `The greatest number of events; ${defaultPage} by default.`,
        schema: { type: 'integer', minimum: 1, maximum: maxPage },
      },
    },
    answers: { 200: { description: 'A page of events.', content: json('Events') } },
    problems,
  },
  'POST /v1/events/search': {
    id: 'searchEvents',
    access: 'readers',
    summary: 'The same, with a query that is too long for a URL or too telling for a log of URLs.',
    body: { isRequired: true, content: json('EventSearch') },
    answers: { 200: { description: 'A page of events.', content: json('Events') } },
    problems,
  },
  'GET /v1/events/histogram': {
    id: 'countEvents',
    access: 'readers',
    summary: 'Count events per interval of time and outcome.',
    query: {
      ...selection,
      interval: choiceParameter('The length of an interval; it begins at midnight UTC.', intervalNames),
    },
    answers: { 200: { description: 'The counts.', content: json('Histogram') } },
    problems,
  },
  'POST /v1/events/histogram': {
    id: 'countEventsByBody',
    access: 'readers',
    summary: 'The same, with the parameters as members of a body.',
    body: { isRequired: true, content: json('EventCount') },
    answers: { 200: { description: 'The counts.', content: json('Histogram') } },
    problems,
  },
  'GET /v1/events/values': {
    id: 'listValues',
    access: 'readers',
    summary: 'List the values of a field, and how many events have each.',
    query: { ...selection, field: choiceParameter('The field.', valueFields) },
    answers: { 200: { description: 'The values.', content: json('Values') } },
    problems,
  },
  'POST /v1/events/values': {
    id: 'listValuesByBody',
    access: 'readers',
    summary: 'The same, with the parameters as members of a body.',
    body: { isRequired: true, content: json('ValueSearch') },
    answers: { 200: { description: 'The values.', content: json('Values') } },
    problems,
  },
} satisfies Routes;
