/** The routes of deliveries. */
import { stateCursor } from '../parameters.ts';
import { json, type Routes } from './route.ts';

const changing = ['invalid_id', 'not_an_admin', 'not_found', 'changed_elsewhere', 'not_recorded'] as const;

export const deliveryRoutes = {
  'GET /v1/scopes/{scope_id}/deliveries': {
    id: 'listDeliveries',
    access: 'readers',
    summary: 'List the deliveries of a scope, with their health.',
    query: { cursor: stateCursor },
    answers: { 200: { description: 'A page of deliveries.', content: json('Deliveries') } },
    problems: ['invalid_id', 'invalid_cursor', 'not_an_admin'],
  },
  'GET /v1/scopes/{scope_id}/deliveries/{id}': {
    id: 'showDelivery',
    access: 'readers',
    summary: 'Show a delivery and its health.',
    answers: { 200: { description: 'The delivery.', content: json('Delivery') } },
    problems: ['invalid_id', 'not_an_admin', 'not_found', 'not_recorded'],
  },
  'PUT /v1/scopes/{scope_id}/deliveries/{id}': {
    id: 'setDelivery',
    access: 'readers',
    summary:
      'Create or change a delivery, or with dry_run say what a new one would begin with. A new one sends nothing' +
      ' until its test has passed.',
    body: { isRequired: true, content: json('DeliveryRequest') },
    answers: {
      200: {
        description: 'The delivery was changed; or what a new one would begin with.',
        content: json('DeliveryChange'),
      },
      201: { description: 'The delivery was created.', content: json('Delivery') },
    },
    problems: [
      'invalid_id',
      'invalid_request',
      'requester_required',
      'not_an_admin',
      'delivery_deleted',
      'destination_fixed',
      'destination_unavailable',
      'confirmation_required',
      'changed_elsewhere',
      'not_recorded',
    ],
  },
  'DELETE /v1/scopes/{scope_id}/deliveries/{id}': {
    id: 'deleteDelivery',
    access: 'readers',
    summary: 'Delete a delivery. What it has handed over stays; its id cannot be used again.',
    answers: { 204: { description: 'The delivery is deleted.', content: null } },
    problems: changing,
  },
  'POST /v1/scopes/{scope_id}/deliveries/{id}/test': {
    id: 'testDelivery',
    access: 'readers',
    summary: 'Prove that the destination can be used, without an event; five times an hour for each scope.',
    body: { isRequired: false, content: json('DeliveryReason') },
    answers: { 200: { description: 'What came of it.', content: json('DeliveryTest') } },
    problems: [
      'invalid_id',
      'invalid_request',
      'not_an_admin',
      'not_found',
      'too_many_tests',
      'changed_elsewhere',
      'not_recorded',
    ],
  },
  'POST /v1/scopes/{scope_id}/deliveries/{id}/pause': {
    id: 'pauseDelivery',
    access: 'readers',
    summary: 'Pause a delivery. Nothing is lost: when it is resumed, it goes on where it stopped.',
    body: { isRequired: false, content: json('DeliveryReason') },
    answers: { 200: { description: 'The delivery is paused.', content: json('Delivery') } },
    problems: [...changing, 'invalid_request', 'reason_required'],
  },
  'POST /v1/scopes/{scope_id}/deliveries/{id}/resume': {
    id: 'resumeDelivery',
    access: 'readers',
    summary: 'Resume a delivery that is paused or has stopped.',
    body: { isRequired: false, content: json('DeliveryReason') },
    answers: { 200: { description: 'The delivery goes on.', content: json('Delivery') } },
    problems: [...changing, 'invalid_request'],
  },
  'POST /v1/scopes/{scope_id}/deliveries/{id}/replay': {
    id: 'replayDelivery',
    access: 'readers',
    summary: 'Send recorded runs again, beside what was sent first.',
    body: { isRequired: true, content: json('ReplayRequest') },
    answers: { 202: { description: 'They will be sent.', content: json('Replay') } },
    problems: [...changing, 'invalid_request', 'too_many_replays'],
  },
} satisfies Routes;
