/** What the page says in a frame of another page. */
export const embedWords = {
  waiting: 'Waiting for the page that holds this one to say who you are',
  ended: {
    title: 'The log is no longer shown',
    text: 'Your sign-in on the page around this has ended. The log comes back once you are signed in there again.',
  },
  notFramed: {
    title: 'This page is shown within another one',
    text: 'It shows nothing by itself.',
  },
  noOrigins: 'This server names no origins whose pages may show it in a frame',
  fullPage: 'The full page, in a new tab',
} as const;
