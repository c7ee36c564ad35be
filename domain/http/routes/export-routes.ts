/** The routes of exports. */
import { exportCursor, nameParameter, trueParameter } from '../parameters.ts';
import { json, location, type Routes } from './route.ts';

export const exportRoutes = {
  'POST /v1/exports': {
    id: 'askForExport',
    access: 'readers',
    summary: 'Ask for an export, or with dry_run for what it would take.',
    headers: { 'Idempotency-Key': nameParameter('A repeat under the same key is the same export.') },
    body: { isRequired: false, content: json('ExportRequest') },
    answers: {
      200: { description: 'What it would take.', content: json('Estimate') },
      202: { description: 'It was asked for.', content: json('Export'), headers: location },
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
    summary: 'Exports, the newest first.',
    query: {
      scope_id: nameParameter('Those of this scope; without it, those that the caller may see.'),
      all_scopes: trueParameter('Only those of all scopes together, for the operator.'),
      cursor: exportCursor,
    },
    answers: { 200: { description: 'A page of them.', content: json('Exports') } },
    problems: ['invalid_request', 'invalid_id', 'invalid_cursor', 'not_an_admin'],
  },
  'GET /v1/exports/{id}': {
    id: 'showExport',
    access: 'readers',
    summary: 'How an export stands.',
    answers: { 200: { description: 'The export.', content: json('Export') } },
    problems: ['not_an_admin', 'not_found'],
  },
  'GET /v1/exports/{id}/manifest': {
    id: 'showManifest',
    access: 'readers',
    summary: 'What the CSV holds, what was read for it, and what may be missing.',
    answers: { 200: { description: 'The manifest.', content: json('Manifest') } },
    problems: ['not_an_admin', 'not_found', 'not_finished', 'expired'],
  },
  'GET /v1/exports/{id}/download': {
    id: 'downloadExport',
    access: 'readers',
    summary: 'A link to the CSV, which authorizes itself and lives five minutes at most.',
    answers: {
      200: { description: 'The link, for Accept: application/json.', content: json('Link') },
      302: { description: 'To the CSV.', content: null, headers: { Location: 'The link.' } },
    },
    problems: ['not_an_admin', 'not_found', 'not_finished', 'expired', 'not_recorded'],
  },
  'POST /v1/exports/{id}/retry': {
    id: 'retryExport',
    access: 'readers',
    summary: 'Ask for an export that failed again.',
    answers: { 202: { description: 'It was asked for again.', content: json('Export') } },
    problems: ['not_an_admin', 'not_found', 'not_failed', 'stream_unavailable', 'not_recorded'],
  },
} satisfies Routes;
