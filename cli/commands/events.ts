/** `annals events`: shows the events of a log, the newest first, and follows it. */
import type { Command } from 'commander';
import { command, connected, reasonOption, scopeOption } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect } from '#cli/connection.ts';
import {
  type EventPage,
  type EventSearch,
  type EventText,
  findEvents,
  followEvents,
} from '#cli/events/event-pages.ts';
import { eventLine, eventRow } from '#cli/events/event-row.ts';
import { Failure } from '#cli/failure.ts';
import { addFilterOptions, type FilterOptions, searchFilterOf } from '#cli/filter-options.ts';
import { printText, say, writeOutput } from '#cli/output.ts';
import { withProgress } from '#cli/progress.ts';
import { count, renderTable, showTime } from '#cli/table.ts';
import { paint, standardError, visibleJson } from '#cli/terminal.ts';

type EventsOptions = ConnectionOptions &
  FilterOptions & {
    scope?: string;
    allScopes?: true;
    reason?: string;
    since?: string;
    from?: string;
    to?: string;
    limit: string;
    follow?: true;
  };

export const addEvents = (program: Command): void => {
  addFilterOptions(
    connected(
      command(
        program,
        'events',
        'Show the events of a log, newest first.',
        'events --scope acme --actor u-17 --since 2h',
        "events --scope acme --action 'user.*,-user.login' --follow",
      ),
    )
      .option(...scopeOption)
      .option('--all-scopes', 'the complete log; operators only, with --reason')
      .option(...reasonOption)
      .option('--since <duration>', 'only what occurred since then: 45s, 30m, 2h, 7d')
      .option('--from <time>', 'only what occurred at this time or later, such as 2026-11-01')
      .option('--to <time>', 'only what occurred before this time'),
  )
    .option('--limit <number>', 'the greatest number of events', '100')
    .option('--follow', 'go on with what comes, the oldest first, until interrupted')
    .action(showEvents);
};

const followEveryMs = 1000;

const showEvents = async (options: EventsOptions): Promise<void> => {
  const { json: isJson, follow: isFollowed, allScopes } = options;
  if (!/^[1-9]\d{0,5}$/.test(options.limit))
    throw new Failure(2, `Expected --limit to be a number from 1 to 999999, got "${options.limit}"`);
  if (options.scope !== undefined && allScopes) throw new Failure(2, 'Use --scope or --all-scopes, not both');
  // Each look at all scopes is recorded as an event, which would be found at the next one.
  if (allScopes && isFollowed) throw new Failure(2, '--follow is for one scope; name it with --scope');
  const search = searchOf(options, Date.now());
  const connection = await connect(options, 'operator');
  const { events, last } = await withProgress(isJson, bar =>
    findEvents(connection, search, Number(options.limit), ({ cursor, scanned_to }, found) => {
      const isWhole = cursor === null || scanned_to === null;
      bar.say(`${count(found, 'event')}${isWhole ? '' : `, read back to ${showTime(scanned_to)}`}`);
    }),
  );
  if (isFollowed) return follow(connection, search, { events, last, isJson });
  warnOfGaps(last);
  if (isJson) await printLines(events.map(visibleJson));
  else
    await printText(
      events.length === 0 ? none(last) : renderTable(events.map(eventRow), { whole: ['occurred (UTC)'] }),
    );
  if (!isJson && last.cursor !== null) say('There are more; narrow the search, or raise --limit');
};

const none = ({ complete_to }: EventPage): string =>
  `No such events${complete_to === null ? '; nothing was ever filed' : ` up to ${showTime(complete_to)} UTC`}`;

const warnOfGaps = ({ gaps }: EventPage): void => {
  if (gaps.length > 0)
    say(
      `${paint('yellow', 'warning', standardError)} ${count(gaps.length, 'gap')}: what could not be filed may be` +
        ' missing; the operator finds it with "annals gaps"',
    );
};

type Followed = { events: EventText[]; last: EventPage; isJson: boolean };

const follow = async (
  connection: Connection,
  search: EventSearch,
  { events, last, isJson }: Followed,
): Promise<void> => {
  const lineOf = isJson ? visibleJson : eventLine;
  warnOfGaps(last);
  await printLines(events.reverse().map(lineOf));
  for await (const batch of followEvents(connection, search, last.newer, { everyMs: followEveryMs }))
    await printLines(batch.map(lineOf));
};

/** Throws `ReaderGone` if nobody reads any longer. */
const printLines = async (lines: readonly string[]): Promise<void> => {
  if (lines.length > 0) await writeOutput(Buffer.from(`${lines.join('\n')}\n`));
};

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const sinceOf = (duration: string, nowMs: number): string => {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(duration) ?? [];
  if (number === undefined)
    throw new Failure(2, `Expected --since to be a duration such as 45s, 30m, 2h or 7d, got "${duration}"`);
  return new Date(nowMs - Number(number) * units[unit as keyof typeof units]).toISOString();
};

const searchOf = (options: EventsOptions, nowMs: number): EventSearch => {
  const { scope, allScopes, reason, since, from, to } = options;
  if (since !== undefined && from !== undefined) throw new Failure(2, 'Use --since or --from, not both');
  return {
    scope_id: scope,
    all_scopes: allScopes,
    reason,
    from: since === undefined ? from : sinceOf(since, nowMs),
    to,
    ...searchFilterOf(options),
  };
};
