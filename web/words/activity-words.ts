/** What the operator's views say: admins and gaps. */
export const activityWords = {
  admins: {
    title: 'Admins of this log',
    explain: 'An admin may look into this log and export it. Each change is recorded in it.',
    elsewhere: 'Your company keeps its admins elsewhere; change them there.',
    none: 'Nobody is an admin of this log',
    noneText: 'Until there is one, only you can look into it.',
    columns: { user: 'User', since: 'Since', by: 'Granted by', actions: 'Actions' },
    more: 'Show more admins',
    grant: 'Grant',
    grantTitle: 'Make a user an admin',
    grantText: 'They may look into this log, export it and set schedules, until you revoke it.',
    user: 'User id',
    userHint: 'The same as in their sign-in and in the events',
    revoke: 'Revoke',
    revokeOf: 'Revoke {user}',
    revokeText: 'They no longer see this log, and pages that they have open go blank. Their schedules pause.',
  },
  gaps: {
    title: 'Gaps',
    explain:
      'A gap is something that was acknowledged and could not be filed. Until it has ended, exports and views say ' +
      'that events may be missing.',
    none: 'No gaps',
    noneText: 'All that was acknowledged has been filed.',
    more: 'Show more gaps',
    kinds: {
      quarantined: 'Records that cannot be read',
      given_up: 'Records that could not be filed in time',
      lost: 'Records that the stream has lost',
    },
    whatToDo: {
      quarantined:
        'Put them back once a version runs that can read them. If they hold nothing, dismiss the gap.',
      given_up: 'Nothing is lost yet: put them back, and they are filed where they belong.',
      lost: 'They cannot be put back. Find out what was sent then, send it again, and dismiss the gap.',
    },
    columns: { kind: 'What happened', when: 'Filed', records: 'Records', state: 'State', actions: 'Actions' },
    unknown: 'unknown',
    open: 'Open',
    redriven: 'Put back at {time}; ends once it is filed',
    redrive: 'Put back',
    redriveOf: 'Put back the gap of {time}',
    redriveText: 'The records go on the stream once more. A record that was filed already is not doubled.',
    dismiss: 'Dismiss',
    dismissOf: 'Dismiss the gap of {time}',
    dismissText: 'You state that no data is missing. Exports no longer say so, and this cannot be undone.',
    reason: 'Why no data is missing',
  },
} as const;
