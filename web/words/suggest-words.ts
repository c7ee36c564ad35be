/** What the suggestions of the query box say; they load when somebody begins to write. */
export const suggestWords = {
  descriptions: {
    action: 'what was done',
    actor: 'who did it, by id',
    target: 'what it was done to, by id',
    success: 'true if it succeeded, false if it failed',
    request_id: 'the request in which it was done',
    client_trace_id: 'the trace that the client sent',
    address: 'the address that the request came from',
    id: 'the event itself',
  },
  paths: {
    'payload.': 'a path into the payload, as in payload.branch:main',
    'metadata.': 'a name of the metadata',
  },
  succeeded: 'succeeded',
  failed: 'failed',
  events: '{n} {n|event|events}',
} as const;
