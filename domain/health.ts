/**
 * The problems that an installation can have: a closed list. /healthz reports them, docs/runbook.md says what
 * to do.
 */

export const healthProblems = {
  /** Events cannot be accepted: the answer is 503. */
  disk_full: 'No room is left on the disk, so that events are refused',
  disk_read_only: 'The disk cannot be written, so that events are refused',
  disk_failing: 'Writing to the disk fails, so that events are refused',
  stream_broken: 'A shard of the stream does not take records, so that events are refused',
  /** Events are accepted; something else does not work. */
  filing_fails: 'Filing fails again and again: events are taken, and exports wait',
  filing_behind: 'What was received some time ago is not filed yet: exports wait',
  tick_stands_still: 'The run of every minute does not end: schedules, redrives and notices wait',
  compaction_stands_still: 'Compaction does not go on: closed days are read from the ledger',
  compaction_behind: 'Closed days wait to be compacted, and are read from the ledger',
  disk_low: 'Little room is left on the disk; once it is full, events are refused',
  keys_unreadable: 'The file of keys cannot be read, and the last keys that could be read count',
  state_unreadable: 'A record in the state is damaged',
  open_gaps: 'Something that was received could not be filed, and exports report it',
  refused_items: 'Events were refused, and are kept until they are sent again or dismissed',
  refused_not_kept: 'No room is left for refused events, so that they are not kept',
  undelivered_notices: 'Notices could not be delivered for a day, and are no longer tried',
} as const;

export type HealthCode = keyof typeof healthProblems;
export type HealthProblem = { code: HealthCode; message: string };

export const healthProblem = (code: HealthCode, more = ''): HealthProblem => ({
  code,
  message: `${healthProblems[code]}${more}`,
});

const refusingEvents: ReadonlySet<HealthCode> = new Set([
  'disk_full',
  'disk_read_only',
  'disk_failing',
  'stream_broken',
]);

export const takesEvents = (problems: readonly HealthProblem[]): boolean =>
  !problems.some(({ code }) => refusingEvents.has(code));
