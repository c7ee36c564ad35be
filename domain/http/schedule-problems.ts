/** The problems of the routes of schedules and of deliveries. */

export const scheduleProblems = {
  schedule_deleted: {
    status: 409,
    title: 'Schedule deleted',
    meaning: 'The id was deleted and cannot be used again',
  },
  not_begun: {
    status: 409,
    title: 'Schedule not begun',
    meaning: 'The first run of the schedule begins later than now',
  },
  delivery_deleted: { status: 409, title: 'Delivery deleted', meaning: 'The id cannot be used again' },
  destination_fixed: {
    status: 409,
    title: 'Destination fixed',
    meaning: 'The destination of a delivery cannot be changed: make a new delivery, and pause this one',
  },
  confirmation_required: {
    status: 409,
    title: 'Not confirmed',
    meaning:
      'The new delivery would begin with what was filed more than a day ago: `rows` and `bytes` say how much' +
      ' that is. Repeat `from` in `confirmed_from` to confirm it',
  },
  destination_unavailable: {
    status: 409,
    title: 'Destination not available',
    meaning: 'This installation cannot deliver to a destination of this type',
  },
  too_many_replays: {
    status: 409,
    title: 'Too many replays',
    meaning: 'Twenty replays of the delivery are not done yet; retry once one is',
  },
  too_many_tests: {
    status: 429,
    title: 'Too many tests of deliveries',
    meaning:
      'Five tests of deliveries were made for the scope within an hour; `Retry-After` says when to retry',
  },
} as const;
