/** The routes of what was refused and is kept. */
import { nameParameter, refusedCode, refusedCursor, refusedSender } from '../parameters.ts';
import { json, problem, type Routes } from './route.ts';

export const refusedRoutes = {
  'GET /v1/refused': {
    id: 'listRefused',
    access: 'operator',
    summary: 'List the open refused items, by when they occurred or came; without their bytes.',
    query: {
      cursor: refusedCursor,
      scope_id: nameParameter('Only items of this scope, as far as it could be read.'),
      sender: refusedSender,
      code: refusedCode,
    },
    answers: {
      200: {
        description: 'A page of items; a page with a cursor may hold few items, or none.',
        content: json('RefusedItems'),
      },
    },
    problems: ['invalid_id', 'invalid_request', 'invalid_cursor'],
  },
  'GET /v1/refused/{key}': {
    id: 'showRefused',
    access: 'operator',
    summary: 'Show a refused item with its bytes. The access is recorded in the log.',
    answers: { 200: { description: 'The item.', content: json('RefusedItem') } },
    problems: ['not_found', 'not_recorded'],
  },
  'POST /v1/refused/{key}/resend': {
    id: 'resendRefused',
    access: 'operator',
    summary:
      'Resend an item, as it is or mended, by the rules for every event. A second resend is a duplicate.',
    body: { isRequired: false, content: json('RefusedResend') },
    answers: {
      200: { description: 'The stream has its events; the item has ended.', content: json('RefusedResent') },
      422: {
        description: 'The item is refused again; nothing has changed.',
        content: problem('ResendRefused'),
      },
    },
    problems: [
      'invalid_request',
      'not_found',
      'refused_ended',
      'not_resendable',
      'stream_unavailable',
      'not_recorded',
    ],
  },
  'POST /v1/refused/{key}/dismiss': {
    id: 'dismissRefused',
    access: 'operator',
    summary: 'Dismiss an item: record that no data is missing.',
    body: { isRequired: true, content: json('RefusedDismissal') },
    answers: { 200: { description: 'The item has ended.', content: json('RefusedSummary') } },
    problems: ['invalid_request', 'not_found', 'refused_ended', 'not_recorded'],
  },
  'POST /v1/refused/purge': {
    id: 'purgeRefused',
    access: 'operator',
    summary: 'Delete the bytes of one item, of all of a sender, or of all before a time; some in each call.',
    body: { isRequired: true, content: json('RefusedPurge') },
    answers: { 200: { description: 'How many were purged.', content: json('RefusedPurged') } },
    problems: ['invalid_request', 'not_found', 'not_recorded'],
  },
} satisfies Routes;
