/** The routes of the operator: admins, imports, gaps and notices. */
import { gapCursor, importSource, noticeCursor, requiredTime, stateCursor } from '../parameters.ts';
import { problemsOfBody, receivedAnswers } from './receive-routes.ts';
import { json, type Routes } from './route.ts';

export const operatorRoutes = {
  'GET /v1/scopes/{scope_id}/admins': {
    id: 'listAdmins',
    access: 'operator',
    summary: 'List the admins of a scope, who may request exports of its log.',
    query: { cursor: stateCursor },
    answers: { 200: { description: 'A page of admins.', content: json('Admins') } },
    problems: ['invalid_id', 'invalid_cursor', 'directory_elsewhere'],
  },
  'PUT /v1/scopes/{scope_id}/admins/{user_id}': {
    id: 'grantAdmin',
    access: 'operator',
    summary: 'Make a user an admin of a scope.',
    answers: { 200: { description: 'The user is an admin.', content: json('Admin') } },
    problems: ['invalid_id', 'directory_elsewhere', 'not_recorded'],
  },
  'DELETE /v1/scopes/{scope_id}/admins/{user_id}': {
    id: 'revokeAdmin',
    access: 'operator',
    summary: "Revoke a user's admin rights.",
    answers: { 204: { description: 'The user is no longer an admin.', content: null } },
    problems: ['invalid_id', 'directory_elsewhere', 'not_recorded'],
  },
  'POST /v1/imports': {
    id: 'importEvents',
    access: 'operator',
    summary: 'Import events of the past from another system, marked as imported. A repeat is a duplicate.',
    query: {
      source: importSource,
      as_of: requiredTime('Events that occurred later are refused. It does not lie in the future.'),
    },
    body: {
      isRequired: true,
      content: { 'application/json': 'SentEvents', 'application/x-ndjson': 'Lines' },
    },
    answers: receivedAnswers,
    problems: problemsOfBody,
  },
  'GET /v1/gaps': {
    id: 'listGaps',
    access: 'operator',
    summary: 'List the open gaps: records that could not be filed.',
    query: { cursor: gapCursor },
    answers: { 200: { description: 'A page of gaps.', content: json('Gaps') } },
    problems: ['invalid_cursor'],
  },
  'POST /v1/gaps/{id}/redrive': {
    id: 'redriveGap',
    access: 'operator',
    summary: 'Put the records of a gap back on the stream.',
    body: { isRequired: false, content: json('GapRedrive') },
    answers: { 202: { description: 'The records are on the stream.', content: json('Redriven') } },
    problems: ['invalid_request', 'not_found', 'gap_ended', 'not_redrivable', 'stream_unavailable'],
  },
  'POST /v1/gaps/{id}/dismiss': {
    id: 'dismissGap',
    access: 'operator',
    summary: 'Dismiss a gap: record that no data is missing.',
    body: { isRequired: true, content: json('GapDismissal') },
    answers: { 200: { description: 'The gap has ended.', content: json('GapEnd') } },
    problems: ['invalid_request', 'reason_required', 'not_found', 'gap_ended'],
  },
  'GET /v1/notices': {
    id: 'listNotices',
    access: 'operator',
    summary:
      'List the notices about exports and deliveries that are not delivered: first those given up, then those due.',
    query: { cursor: noticeCursor },
    answers: { 200: { description: 'A page of notices.', content: json('Notices') } },
    problems: ['invalid_cursor'],
  },
  'POST /v1/notices/{id}/retry': {
    id: 'retryNotice',
    access: 'operator',
    summary: 'Retry a notice, now and for another day.',
    answers: { 202: { description: 'The notice is due.', content: json('Notice') } },
    problems: ['not_found'],
  },
  'POST /v1/notices/{id}/dismiss': {
    id: 'dismissNotice',
    access: 'operator',
    summary: 'Dismiss a notice that nobody needs any longer.',
    answers: { 204: { description: 'The notice is deleted.', content: null } },
    problems: ['not_found'],
  },
} satisfies Routes;
