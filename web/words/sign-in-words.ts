/** What the page says to those who come in. */
export const signInWords = {
  title: 'Sign in to the Audit Log',
  user: 'User',
  explain: 'This link works once. Continue only if you asked for it.',
  current: 'You are signed in as {user} of {scope} in this browser. That session ends if you go on.',
  currentStaff: 'You are signed in as {user} in this browser. That session ends if you go on.',
  go: 'Sign in',
  goStaff: 'Open the log',
  stay: 'Stay signed in as {user}',
  another: 'Open another scope',
  scope: 'Scope',
  scopeHint: 'The id of the customer whose log you open',
  reason: 'Reason',
  reasonHint: 'A ticket, say. The customer sees it in their log.',
  invalid: {
    title: 'This link no longer works',
    text: 'It was used already, or it is too old. Ask for a new one.',
  },
} as const;
