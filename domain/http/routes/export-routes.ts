/** The routes of exports. */
import { exportCursor, nameParameter, trueParameter } from '../parameters.ts';
import { json, location, type Routes } from './route.ts';

export const exportRoutes = {
  'POST /v1/exports': {
    id: 'askForExport',
    access: 'readers',
    summary: 'Request an export, or with dry_run an estimate of it.',
    headers: { 'Idempotency-Key': nameParameter('Requests with the same key are the same export.') },
    body: { isRequired: false, content: json('ExportRequest') },
    answers: {
      200: { description: 'The estimate.', content: json('Estimate') },
      202: { description: 'The export was requested.', content: json('Export'), headers: location },
    },
    problems: [
      'invalid_request',
      'empty_window',
      'scope_required',
      'requester_required',
      'reason_required',
      'invalid_idempotency_key',
      'not_an_admin',
      'idempotency_key_reused',
      'stream_unavailable',
      'not_recorded',
    ],
  },
  'GET /v1/exports': {
    id: 'listExports',
    access: 'readers',
    summary: 'List exports, the newest first.',
    query: {
      scope_id: nameParameter('Only exports of this scope; without it, all that the caller may see.'),
      all_scopes: trueParameter('Only exports of all scopes together; for the operator.'),
      cursor: exportCursor,
    },
    answers: { 200: { description: 'A page of exports.', content: json('Exports') } },
    problems: ['invalid_request', 'invalid_id', 'invalid_cursor', 'not_an_admin'],
  },
  'GET /v1/exports/{id}': {
    id: 'showExport',
    access: 'readers',
    summary: 'Show an export.',
    answers: { 200: { description: 'The export.', content: json('Export') } },
    problems: ['not_an_admin', 'not_found'],
  },
  'GET /v1/exports/{id}/manifest': {
    id: 'showManifest',
    access: 'readers',
    summary: 'Show what the file holds, what was read for it, and what may be missing.',
    answers: { 200: { description: 'The manifest.', content: json('Manifest') } },
    problems: ['not_an_admin', 'not_found', 'not_finished', 'expired'],
  },
  'GET /v1/exports/{id}/download': {
    id: 'downloadExport',
    access: 'readers',
    summary: 'Get a link to the file. The link needs no token and expires after at most five minutes.',
    answers: {
      200: { description: 'The link, for Accept: application/json.', content: json('Link') },
      302: { description: 'A redirect to the file.', content: null, headers: { Location: 'The link.' } },
    },
    problems: ['not_an_admin', 'not_found', 'not_finished', 'expired', 'not_recorded'],
  },
  'POST /v1/exports/{id}/retry': {
    id: 'retryExport',
    access: 'readers',
    summary: 'Retry an export that failed.',
    answers: { 202: { description: 'The export was requested again.', content: json('Export') } },
    problems: ['not_an_admin', 'not_found', 'not_failed', 'stream_unavailable', 'not_recorded'],
  },
} satisfies Routes;
