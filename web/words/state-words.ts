/** What each state of a view says: what is so, and what to do next. */
export const stateWords = {
  signedOut: {
    title: 'You are signed out',
    text: 'Sign in again to go on. The view that you had is kept in the address of this page.',
  },
  expired: {
    title: 'Your session has ended',
    text: 'It was idle for too long, or it was ended elsewhere. Sign in again to go on; your view is kept.',
  },
  howToSignIn: 'Open the link that your company gave you, or ask them for a new one.',
  noRight: {
    title: 'You may not see this log',
    text: 'You are not, or are no longer, an admin of it. Ask an admin of your company or its support.',
  },
  elsewhere: {
    title: 'This session has opened {there} in another tab',
    text: 'A session has one log open at a time, so the log of {here} is no longer open in this tab.',
    openAgain: 'Open {here} again',
    showOther: 'Show {there}',
  },
  nothingYet: {
    title: 'Nothing has happened yet',
    text: 'Events show here within seconds after they are recorded.',
  },
  nothingMatches: {
    title: 'Nothing matches',
    text: 'No event of this range matches the query.',
    clearQuery: 'Clear the query',
    allTime: 'Search all time',
  },
  tooLarge: {
    title: 'The search is not finished',
    text: 'It has looked at everything since {time}. Older events may match too.',
    next: 'Continue',
  },
  notYetComplete: 'Complete up to {time}. What is filed later shows when you refresh.',
  neverComplete: 'Nothing has been filed yet, so this may not be all.',
  gaps: '{n} {n|gap|gaps} in this range: events may be missing here until the operator has put them back.',
  gapSince: 'Since {from}',
  gapBetween: 'From {from} to {to}',
  away: {
    title: 'The server does not answer',
    text: 'The page has tried several times. Nothing is lost; try again in a while.',
  },
  failed: {
    title: 'This did not work',
    text: '{detail}',
  },
  chunkFailed: {
    title: 'A part of the page could not be loaded',
    text: 'The page may have been updated. Reload it; your view is kept.',
    reload: 'Reload',
  },
  badConfiguration: {
    title: 'The page is not configured',
    text: 'Its configuration could not be read: {detail}',
  },
} as const;
