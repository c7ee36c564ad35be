/** What the view of the log says. */
export const logWords = {
  title: 'Log',
  columns: {
    time: 'Time',
    action: 'Action',
    actor: 'Actor',
    target: 'Target',
    outcome: 'Outcome',
    address: 'Address',
    request: 'Request',
    trace: 'Trace',
    id: 'Event id',
  },
  succeeded: 'Succeeded',
  failed: 'Failed',
} as const;
