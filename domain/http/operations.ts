/**
 * What each route of the surface takes and gives; the description is made from this, and a test holds it
 * against answers.
 */

import type { ShapeName } from '#domain/http/shapes/shapes.ts';
import {
  booleanParameter,
  exportCursor,
  gapCursor,
  nameParameter,
  noticeCursor,
  type Parameter,
  refusedCode,
  refusedCursor,
  refusedSender,
  stateCursor,
  textParameter,
  trueParameter,
} from './parameters.ts';
import type { routes } from './routes.ts';

type RouteKey = (typeof routes)[number]['key'];

/** Shapes by their content types. */
type Content = Readonly<Record<string, ShapeName>>;

export type Operation = {
  id: string;
  summary: string;
  query?: Readonly<Record<string, Parameter>>;
  headers?: Readonly<Record<string, Parameter>>;
  body?: { content: Content; isRequired: boolean };
  /** By status; null is an answer without a body. */
  answers: Readonly<
    Record<
      number,
      { description: string; content: Content | null; headers?: Readonly<Record<string, string>> }
    >
  >;
  /** The statuses that are plain problems. */
  problems: readonly number[];
};

const json = (shape: ShapeName): Content => ({ 'application/json': shape });
const problem = (shape: ShapeName): Content => ({ 'application/problem+json': shape });
const location = { Location: 'Where it is found.' };

export const operations: Record<RouteKey, Operation> = {
  'POST /v1/events': {
    id: 'sendEvents',
    summary:
      "Send audit events. The answer comes once the stream has them on disk, and tells each one's fate.",
    query: {
      refused: {
        description:
          'keep: the answer is 200 once everything is stored, or refused and kept, so that nothing is left to send again.',
        schema: { type: 'string', enum: ['keep'] },
      },
      stamp_request: booleanParameter(
        'false: stamps nothing into events that say nothing of their request, since this one did not cause them.',
      ),
    },
    headers: {
      'X-Client-Trace-Id': nameParameter(
        'Stamped into events that say nothing of their request; not stamped, if it is not such a name. Beyond ASCII it is UTF-8.',
      ),
      'Content-Encoding': textParameter('gzip, deflate (zlib or raw), or absent.'),
      'ce-id': textParameter(
        'With the other attributes as ce-… headers, percent-encoded: the body is the data of one CloudEvent in binary mode.',
      ),
    },
    body: {
      isRequired: true,
      content: {
        'application/json': 'Events',
        'application/x-ndjson': 'Lines',
        'application/cloudevents+json': 'CloudEvent',
        'application/cloudevents-batch+json': 'CloudEvents',
      },
    },
    answers: {
      200: {
        description: 'With refused=keep: everything is stored, or refused and kept.',
        content: json('Received'),
      },
      202: { description: 'All were accepted.', content: json('Received') },
      207: { description: 'Some were refused; "rejected" says why.', content: json('Received') },
      422: { description: 'None was valid.', content: problem('NoValidEvent') },
      503: {
        description: 'The stream did not take all: send those in "not_stored" again.',
        content: problem('NotStored'),
        headers: { 'Retry-After': 'Seconds to wait.' },
      },
    },
    problems: [],
  },
  'POST /v1/exports': {
    id: 'askForExport',
    summary: 'Ask for an export, or with dry_run for what it would take.',
    headers: { 'Idempotency-Key': nameParameter('A repeat under the same key is the same export.') },
    body: { isRequired: false, content: json('ExportRequest') },
    answers: {
      200: { description: 'What it would take.', content: json('Estimate') },
      202: { description: 'It was asked for.', content: json('Export'), headers: location },
    },
    problems: [409, 503],
  },
  'GET /v1/exports': {
    id: 'listExports',
    summary: 'Exports, the newest first.',
    query: {
      scope_id: nameParameter('Those of this scope; without it, those that the caller may see.'),
      all_scopes: trueParameter('Only those of all scopes together, for the operator.'),
      cursor: exportCursor,
    },
    answers: { 200: { description: 'A page of them.', content: json('Exports') } },
    problems: [],
  },
  'GET /v1/exports/{id}': {
    id: 'showExport',
    summary: 'How an export stands.',
    answers: { 200: { description: 'The export.', content: json('Export') } },
    problems: [404],
  },
  'GET /v1/exports/{id}/manifest': {
    id: 'showManifest',
    summary: 'What the CSV holds, what was read for it, and what may be missing.',
    answers: { 200: { description: 'The manifest.', content: json('Manifest') } },
    problems: [404, 409, 410],
  },
  'GET /v1/exports/{id}/download': {
    id: 'downloadExport',
    summary: 'A link to the CSV, which authorizes itself and lives five minutes at most.',
    answers: {
      200: { description: 'The link, for Accept: application/json.', content: json('Link') },
      302: { description: 'To the CSV.', content: null, headers: { Location: 'The link.' } },
    },
    problems: [404, 409, 410, 503],
  },
  'POST /v1/exports/{id}/retry': {
    id: 'retryExport',
    summary: 'Ask for an export that failed again.',
    answers: { 202: { description: 'It was asked for again.', content: json('Export') } },
    problems: [404, 409, 503],
  },
  'GET /v1/scopes/{scope_id}/schedules': {
    id: 'listSchedules',
    summary: 'The schedules of a scope.',
    query: { cursor: stateCursor },
    answers: { 200: { description: 'A page of them.', content: json('Schedules') } },
    problems: [],
  },
  'GET /v1/scopes/{scope_id}/schedules/{id}': {
    id: 'showSchedule',
    summary: 'A schedule.',
    answers: { 200: { description: 'The schedule.', content: json('Schedule') } },
    problems: [404],
  },
  'PUT /v1/scopes/{scope_id}/schedules/{id}': {
    id: 'setSchedule',
    summary: 'Make a schedule, or change it; paused pauses and resumes it.',
    body: { isRequired: true, content: json('ScheduleRequest') },
    answers: {
      200: { description: 'It was changed.', content: json('Schedule') },
      201: { description: 'It was made.', content: json('Schedule') },
    },
    problems: [409, 503],
  },
  'DELETE /v1/scopes/{scope_id}/schedules/{id}': {
    id: 'deleteSchedule',
    summary: 'Delete a schedule; its id is not given again.',
    answers: { 204: { description: 'It is gone.', content: null } },
    problems: [404, 409, 503],
  },
  'GET /v1/scopes/{scope_id}/schedules/{id}/runs': {
    id: 'listRuns',
    summary: 'The runs of a schedule, the newest first.',
    answers: { 200: { description: 'The newest hundred.', content: json('Runs') } },
    problems: [404],
  },
  'POST /v1/scopes/{scope_id}/schedules/{id}/runs': {
    id: 'runSchedule',
    summary: 'Run a schedule now; the next run begins where this one ends.',
    answers: { 202: { description: 'It runs.', content: json('StartedRun'), headers: location } },
    problems: [404, 409, 503],
  },
  'GET /v1/scopes/{scope_id}/admins': {
    id: 'listAdmins',
    summary: 'Who may ask for the log of a scope.',
    query: { cursor: stateCursor },
    answers: { 200: { description: 'A page of them.', content: json('Admins') } },
    problems: [409],
  },
  'PUT /v1/scopes/{scope_id}/admins/{user_id}': {
    id: 'grantAdmin',
    summary: 'Make a user an admin of a scope.',
    answers: { 200: { description: 'They are.', content: json('Admin') } },
    problems: [409, 503],
  },
  'DELETE /v1/scopes/{scope_id}/admins/{user_id}': {
    id: 'revokeAdmin',
    summary: 'Take that right.',
    answers: { 204: { description: 'They are none any more.', content: null } },
    problems: [409, 503],
  },
  'GET /v1/gaps': {
    id: 'listGaps',
    summary: 'What could not be filed and was put aside.',
    query: { cursor: gapCursor },
    answers: { 200: { description: 'A page of them.', content: json('Gaps') } },
    problems: [],
  },
  'POST /v1/gaps/{id}/redrive': {
    id: 'redriveGap',
    summary: 'Put what was put aside back on the stream.',
    body: { isRequired: false, content: json('GapRedrive') },
    answers: { 202: { description: 'It is on the stream.', content: json('Redriven') } },
    problems: [404, 409, 503],
  },
  'POST /v1/gaps/{id}/dismiss': {
    id: 'dismissGap',
    summary: 'Say of what was put aside that nothing of worth is missing.',
    body: { isRequired: true, content: json('GapDismissal') },
    answers: { 200: { description: 'The gap has ended.', content: json('GapEnd') } },
    problems: [404, 409],
  },
  'GET /v1/refused': {
    id: 'listRefused',
    summary: 'The refused items that are kept and open, by when they occurred or came; never their bytes.',
    query: {
      cursor: refusedCursor,
      scope_id: nameParameter('Those of this scope, as far as it could be read.'),
      sender: refusedSender,
      code: refusedCode,
    },
    answers: {
      200: {
        description: 'A page of them; one with a cursor may hold few, or none.',
        content: json('RefusedItems'),
      },
    },
    problems: [],
  },
  'GET /v1/refused/{key}': {
    id: 'showRefused',
    summary: 'A refused item with its bytes; recorded in the log as an access.',
    answers: { 200: { description: 'The item.', content: json('RefusedItem') } },
    problems: [404, 503],
  },
  'POST /v1/refused/{key}/resend': {
    id: 'resendRefused',
    summary: 'Send an item as it is, or mended, through the same rules as every event. Twice is a duplicate.',
    body: { isRequired: false, content: json('RefusedResend') },
    answers: {
      200: { description: 'The stream has it; the item has ended.', content: json('RefusedResent') },
      422: { description: 'It is refused again; nothing has changed.', content: problem('ResendRefused') },
    },
    problems: [404, 409, 503],
  },
  'POST /v1/refused/{key}/dismiss': {
    id: 'dismissRefused',
    summary: 'Record that an item is nothing that is missing in the log.',
    body: { isRequired: true, content: json('RefusedDismissal') },
    answers: { 200: { description: 'The item has ended.', content: json('RefusedSummary') } },
    problems: [404, 409, 503],
  },
  'POST /v1/refused/purge': {
    id: 'purgeRefused',
    summary:
      'Delete the bytes of items: of a sender, of those filed before a time, or of one; some at a time.',
    body: { isRequired: true, content: json('RefusedPurge') },
    answers: { 200: { description: 'How many were purged.', content: json('RefusedPurged') } },
    problems: [404, 503],
  },
  'GET /v1/notices': {
    id: 'listNotices',
    summary:
      'The notices of ended exports that are not delivered: those given up first, then those that wait.',
    query: { cursor: noticeCursor },
    answers: { 200: { description: 'A page of them.', content: json('Notices') } },
    problems: [],
  },
  'POST /v1/notices/{id}/retry': {
    id: 'retryNotice',
    summary: 'Try a notice again, at once and for another day.',
    answers: { 202: { description: 'It is tried again.', content: json('Notice') } },
    problems: [404],
  },
  'POST /v1/notices/{id}/dismiss': {
    id: 'dismissNotice',
    summary: 'Remove a notice that nobody needs any longer.',
    answers: { 204: { description: 'It is gone.', content: null } },
    problems: [404],
  },
  'GET /v1/actions': {
    id: 'listActions',
    summary: 'The actions that are catalogued.',
    answers: { 200: { description: 'All of them.', content: json('Actions') } },
    problems: [],
  },
  'GET /v1/schemas': {
    id: 'listSchemas',
    summary: 'The JSON Schema of each payload, by action and version.',
    answers: { 200: { description: 'All of them.', content: json('Schemas') } },
    problems: [],
  },
  'GET /v1/openapi.json': {
    id: 'describeSurface',
    summary: 'This description.',
    answers: { 200: { description: 'OpenAPI 3.1.', content: json('OpenApi') } },
    problems: [],
  },
  'GET /healthz': {
    id: 'checkHealth',
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
};
