/** The routes of the operator: admins, gaps and notices. */
import { gapCursor, noticeCursor, stateCursor } from '../parameters.ts';
import { json, type Routes } from './route.ts';

export const operatorRoutes = {
  'GET /v1/scopes/{scope_id}/admins': {
    id: 'listAdmins',
    access: 'operator',
    summary: 'Who may ask for the log of a scope.',
    query: { cursor: stateCursor },
    answers: { 200: { description: 'A page of them.', content: json('Admins') } },
    problems: ['invalid_id', 'invalid_cursor', 'directory_elsewhere'],
  },
  'PUT /v1/scopes/{scope_id}/admins/{user_id}': {
    id: 'grantAdmin',
    access: 'operator',
    summary: 'Make a user an admin of a scope.',
    answers: { 200: { description: 'They are.', content: json('Admin') } },
    problems: ['invalid_id', 'directory_elsewhere', 'not_recorded'],
  },
  'DELETE /v1/scopes/{scope_id}/admins/{user_id}': {
    id: 'revokeAdmin',
    access: 'operator',
    summary: 'Take that right.',
    answers: { 204: { description: 'They are none any more.', content: null } },
    problems: ['invalid_id', 'directory_elsewhere', 'not_recorded'],
  },
  'GET /v1/gaps': {
    id: 'listGaps',
    access: 'operator',
    summary: 'What could not be filed and was put aside.',
    query: { cursor: gapCursor },
    answers: { 200: { description: 'A page of them.', content: json('Gaps') } },
    problems: ['invalid_cursor'],
  },
  'POST /v1/gaps/{id}/redrive': {
    id: 'redriveGap',
    access: 'operator',
    summary: 'Put what was put aside back on the stream.',
    body: { isRequired: false, content: json('GapRedrive') },
    answers: { 202: { description: 'It is on the stream.', content: json('Redriven') } },
    problems: ['invalid_request', 'not_found', 'gap_ended', 'not_redrivable', 'stream_unavailable'],
  },
  'POST /v1/gaps/{id}/dismiss': {
    id: 'dismissGap',
    access: 'operator',
    summary: 'Say of what was put aside that nothing of worth is missing.',
    body: { isRequired: true, content: json('GapDismissal') },
    answers: { 200: { description: 'The gap has ended.', content: json('GapEnd') } },
    problems: ['invalid_request', 'reason_required', 'not_found', 'gap_ended'],
  },
  'GET /v1/notices': {
    id: 'listNotices',
    access: 'operator',
    summary:
      'The notices of ended exports that are not delivered: those given up first, then those that wait.',
    query: { cursor: noticeCursor },
    answers: { 200: { description: 'A page of them.', content: json('Notices') } },
    problems: ['invalid_cursor'],
  },
  'POST /v1/notices/{id}/retry': {
    id: 'retryNotice',
    access: 'operator',
    summary: 'Try a notice again, at once and for another day.',
    answers: { 202: { description: 'It is tried again.', content: json('Notice') } },
    problems: ['not_found'],
  },
  'POST /v1/notices/{id}/dismiss': {
    id: 'dismissNotice',
    access: 'operator',
    summary: 'Remove a notice that nobody needs any longer.',
    answers: { 204: { description: 'It is gone.', content: null } },
    problems: ['not_found'],
  },
} satisfies Routes;
