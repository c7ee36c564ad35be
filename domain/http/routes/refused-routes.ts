/** The routes of what was refused and is kept. */
import { nameParameter, refusedCode, refusedCursor, refusedSender } from '../parameters.ts';
import { json, problem, type Routes } from './route.ts';

export const refusedRoutes = {
  'GET /v1/refused': {
    id: 'listRefused',
    access: 'operator',
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
    problems: ['invalid_id', 'invalid_request', 'invalid_cursor'],
  },
  'GET /v1/refused/{key}': {
    id: 'showRefused',
    access: 'operator',
    summary: 'A refused item with its bytes; recorded in the log as an access.',
    answers: { 200: { description: 'The item.', content: json('RefusedItem') } },
    problems: ['not_found', 'not_recorded'],
  },
  'POST /v1/refused/{key}/resend': {
    id: 'resendRefused',
    access: 'operator',
    summary: 'Send an item as it is, or mended, through the same rules as every event. Twice is a duplicate.',
    body: { isRequired: false, content: json('RefusedResend') },
    answers: {
      200: { description: 'The stream has it; the item has ended.', content: json('RefusedResent') },
      422: { description: 'It is refused again; nothing has changed.', content: problem('ResendRefused') },
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
    summary: 'Record that an item is nothing that is missing in the log.',
    body: { isRequired: true, content: json('RefusedDismissal') },
    answers: { 200: { description: 'The item has ended.', content: json('RefusedSummary') } },
    problems: ['invalid_request', 'not_found', 'refused_ended', 'not_recorded'],
  },
  'POST /v1/refused/purge': {
    id: 'purgeRefused',
    access: 'operator',
    summary:
      'Delete the bytes of items: of a sender, of those filed before a time, or of one; some at a time.',
    body: { isRequired: true, content: json('RefusedPurge') },
    answers: { 200: { description: 'How many were purged.', content: json('RefusedPurged') } },
    problems: ['invalid_request', 'not_found', 'not_recorded'],
  },
} satisfies Routes;
