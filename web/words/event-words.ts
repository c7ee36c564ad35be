/** What the panel of an event says. */
export const eventWords = {
  title: 'Event',
} as const;
