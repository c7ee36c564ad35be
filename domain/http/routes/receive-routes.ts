/** The routes of emitters. */
import { booleanParameter, nameParameter, textParameter } from '../parameters.ts';
import { json, problem, type Routes } from './route.ts';

/** The answers to events that are sent, and to those that are imported. */
export const receivedAnswers = {
  202: { description: 'All events were accepted.', content: json('Received') },
  207: { description: 'Some events were refused; "rejected" says why.', content: json('Received') },
  422: { description: 'No event was valid.', content: problem('NoValidEvent') },
  503: {
    description: 'The stream did not take every event: send those in "not_stored" again.',
    content: problem('NotStored'),
    headers: { 'Retry-After': 'Seconds to wait.' },
  },
} as const;

/** What can be wrong with a body of events. */
export const problemsOfBody = [
  'empty_request',
  'invalid_json',
  'invalid_gzip',
  'invalid_deflate',
  'invalid_request',
  'body_too_large',
  'too_many_events',
] as const;

export const receiveRoutes = {
  'POST /v1/events': {
    id: 'sendEvents',
    access: 'emitter',
    summary:
      'Send audit events. The answer comes once the stream has them on disk, and reports on each event.',
    query: {
      refused: {
        description:
          'keep: answers 200 once everything is stored, or refused and kept; nothing is left to send again.',
        schema: { type: 'string', enum: ['keep'] },
      },
      stamp_request: booleanParameter(
        'false: this request did not cause the events, so it is not stamped into those without one.',
      ),
    },
    headers: {
      'X-Client-Trace-Id': nameParameter(
        'Stamped into events without a request of their own, if it is such a name. Beyond ASCII it is UTF-8.',
      ),
      'Content-Encoding': textParameter('gzip, deflate (zlib or raw), or absent.'),
      'ce-id': textParameter(
        'With the other attributes as ce-… headers, percent-encoded: the body is the data of one CloudEvent.',
      ),
    },
    body: {
      isRequired: true,
      content: {
        'application/json': 'SentEvents',
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
      ...receivedAnswers,
    },
    problems: [...problemsOfBody, 'rate_limited'],
  },
} satisfies Routes;
