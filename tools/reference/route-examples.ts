/** What the curl line of a route sends; a test holds each body against the shape of its route. */

export const pathExamples: Readonly<Record<string, string>> = {
  scope_id: 'acme',
  user_id: 'u-17',
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  key: 'K',
};

const event = {
  action: 'context.create',
  actor: { id: 'u-1', type: 'user' },
  target: { id: 'c-1', type: 'context' },
  success: true,
  scope: { id: 'acme', type: 'account' },
};
const search = { scope_id: 'acme', action: ['user.*', '-user.login'], payload: ['branch:main'] };

/** By the key of the route. */
export const bodyExamples: Readonly<Record<string, object>> = {
  'POST /v1/events': event,
  'POST /v1/events/search': search,
  'POST /v1/events/histogram': { scope_id: 'acme', interval: '1h' },
  'POST /v1/events/values': { scope_id: 'acme', field: 'actor' },
  'POST /v1/exports': { scope_id: 'acme', requested_by: 'u-17', reason: 'ticket 8841' },
  'PUT /v1/scopes/{scope_id}/schedules/{id}': {
    every: 'weekly',
    on: 'monday',
    at: '06:00',
    time_zone: 'Europe/Berlin',
    requested_by: 'u-17',
  },
  'PUT /v1/scopes/{scope_id}/deliveries/{id}': {
    destination: {
      type: 'https',
      url: 'https://siem.example.com/annals',
      secret: 'whsec_of-32-random-bytes',
    },
    format: 'json',
    requested_by: 'u-17',
  },
  'POST /v1/scopes/{scope_id}/deliveries/{id}/test': {},
  'POST /v1/scopes/{scope_id}/deliveries/{id}/pause': { reason: 'ticket 8841' },
  'POST /v1/scopes/{scope_id}/deliveries/{id}/resume': { reason: 'ticket 8841' },
  'POST /v1/scopes/{scope_id}/deliveries/{id}/replay': { first_run: 3, last_run: 5, reason: 'ticket 8841' },
  'POST /v1/imports': { ...event, id: '17', occurred_at: '2019-03-01T12:00:00Z' },
  'POST /v1/gaps/{id}/redrive': { reason: 'ticket 8841' },
  'POST /v1/gaps/{id}/dismiss': { reason: 'ticket 8841' },
  'POST /v1/refused/{key}/resend': { reason: 'ticket 8841' },
  'POST /v1/refused/{key}/dismiss': { reason: 'ticket 8841' },
  'POST /v1/refused/purge': { before: '2026-06-01', reason: 'ticket 8841' },
  'POST /v1/session': { login: 'L' },
  'POST /v1/session/link': { login: 'L' },
  'POST /v1/session/scope': { scope_id: 'acme', reason: 'ticket 8841' },
  'POST /v1/page-tokens': { scope_id: 'acme', user_id: 'u-17', origin: 'https://app.example.com' },
};

/** The query of a GET that answers without one only to say what is missing. */
export const queryExamples: Readonly<Record<string, string>> = {
  'GET /v1/events': 'scope_id=acme&action=user.*&limit=50',
  'GET /v1/events/histogram': 'scope_id=acme&interval=1h',
  'GET /v1/events/values': 'scope_id=acme&field=actor',
  'GET /v1/exports': 'scope_id=acme',
};
