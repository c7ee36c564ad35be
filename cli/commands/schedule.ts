/** `annals schedule`: exports that come by themselves. */
import { type Command, Option } from 'commander';
import { command, connected, formatOption, reasonOption, scopeOption } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect } from '#cli/connection.ts';
import { fetchJob } from '#cli/export/follow-export.ts';
import { printJson, print as printText } from '#cli/output.ts';
import { collect, listAll } from '#cli/pages.ts';
import { readJson, refusalOf } from '#cli/send/refusal.ts';
import { renderRecord, renderTable, showTime } from '#cli/table.ts';
import { paint, visible } from '#cli/terminal.ts';
import { encodePathId } from '#domain/http/path-id.ts';

type ScheduleOptions = ConnectionOptions & { scope: string };
type SetScheduleOptions = ScheduleOptions & {
  every: 'daily' | 'weekly' | 'monthly';
  at: string;
  on?: string;
  timeZone: string;
  from?: string;
  requestedBy?: string;
  reason?: string;
  format?: string;
  gzip?: boolean;
  paused?: boolean;
};

type Schedule = {
  id: string;
  every: string;
  at: string;
  on?: string | number;
  time_zone: string;
  from?: string;
  requested_by: string;
  reason?: string;
  paused: boolean;
  format?: string;
  compression?: string;
  runs: number;
  last_end: string | null;
  next_run_at: string | null;
};
type Run = {
  n: number;
  filed_from: string | null;
  filed_to: string;
  export_id: string;
  status: string;
  rows?: number;
  gaps?: number;
};

export const addSchedule = (program: Command): void => {
  const schedule = command(
    program,
    'schedule',
    'Exports that come by themselves.',
    'schedule set weekly --scope acme --every weekly --on monday --at 06:00 --time-zone Europe/Berlin --requested-by u-17 --reason "ticket 8841"',
  );
  const ofScope = (name: string, description: string, example: string): Command =>
    connected(command(schedule, name, description, `schedule ${example}`)).requiredOption(...scopeOption);
  const ofSchedule = (name: string, description: string, example: string): Command =>
    ofScope(name, description, example).argument('<id>', 'the schedule, by the id that it was given');
  ofSchedule(
    'set',
    'Set a schedule, or change it.',
    'set weekly --scope acme --every weekly --on monday --at 06:00 --time-zone Europe/Berlin --requested-by u-17 --reason "ticket 8841"',
  )
    .addOption(
      new Option('--every <rhythm>', 'how often')
        .choices(['daily', 'weekly', 'monthly'])
        .makeOptionMandatory(),
    )
    .requiredOption('--at <time>', 'the time of day, as 06:00')
    .option('--on <day>', 'the weekday, or the day of the month')
    .option('--time-zone <name>', 'as Europe/Berlin', 'UTC')
    .option('--from <time>', 'where the first run begins; else the beginning')
    .option('--requested-by <user>', 'the admin whose schedule it is')
    .option(...reasonOption)
    .addOption(formatOption())
    .option('--gzip', 'the files gzipped')
    .option('--paused', 'set it without running it')
    .action(setSchedule);
  ofScope('list', 'List the schedules of a scope.', 'list --scope acme').action(listSchedules);
  ofSchedule('show', 'Show a schedule.', 'show weekly --scope acme').action(showSchedule);
  ofSchedule(
    'pause',
    'Pause a schedule; its next run goes on where the last ended.',
    'pause weekly --scope acme',
  ).action(pauseSchedule(true));
  ofSchedule('resume', 'Resume a schedule.', 'resume weekly --scope acme').action(pauseSchedule(false));
  ofSchedule('delete', 'Delete a schedule; its id is not given again.', 'delete weekly --scope acme').action(
    deleteSchedule,
  );
  ofSchedule(
    'run',
    'Run a schedule now; the next run begins where this one ends.',
    'run weekly --scope acme',
  ).action(runSchedule);
  ofSchedule(
    'runs',
    'List the runs of a schedule, the 100 most recent, the newest first.',
    'runs weekly --scope acme',
  ).action(listRuns);
};

const pathTo = (scope: string, path: string): string => `/v1/scopes/${encodePathId(scope)}/schedules${path}`;

const request = async <T>(
  options: ScheduleOptions,
  path: string,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE' = 'GET',
  body?: object,
): Promise<T> => {
  const connection = await connect(options, 'support');
  const response = await connection.fetch(pathTo(options.scope, path), {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return readJson(response);
};

/** The schedules of a scope. */
export const fetchSchedules = (connection: Connection, scope: string): Promise<Schedule[]> =>
  collect(listAll(connection, pathTo(scope, ''), 'schedules'));

const pathOf = (id: string): string => `/${encodePathId(id)}`;

const print = (options: ConnectionOptions, value: unknown, text: string): Promise<void> =>
  options.json ? printJson(value) : printText(text);

const show = (options: ConnectionOptions, schedule: Schedule): Promise<void> =>
  print(options, schedule, renderRecord(recordOf(schedule)));

/** What a table has no room for, too. */
const recordOf = (schedule: Schedule) => ({
  ...rowOf(schedule),
  from: schedule.from ?? 'the beginning',
  reason: schedule.reason ?? '',
  format: `${schedule.format ?? 'csv'}${schedule.compression === undefined ? '' : ', gzipped'}`,
});

const rowOf = (schedule: Schedule) => ({
  id: schedule.id,
  every: `${schedule.every}${schedule.on === undefined ? '' : ` on ${schedule.on}`} at ${schedule.at}`,
  'time zone': schedule.time_zone,
  for: schedule.requested_by,
  runs: schedule.runs,
  'last end (UTC)': schedule.last_end === null ? '' : showTime(schedule.last_end),
  'next run (UTC)': schedule.paused
    ? 'paused'
    : schedule.next_run_at === null
      ? ''
      : showTime(schedule.next_run_at),
});

const setSchedule = async (id: string, options: SetScheduleOptions): Promise<void> => {
  const on = options.every === 'monthly' && options.on !== undefined ? Number(options.on) : options.on;
  const schedule = await request<Schedule>(options, pathOf(id), 'PUT', {
    every: options.every,
    at: options.at,
    on,
    time_zone: options.timeZone,
    from: options.from,
    requested_by: options.requestedBy,
    reason: options.reason,
    paused: options.paused ?? false,
    format: options.format,
    compression: options.gzip ? 'gzip' : undefined,
  });
  return show(options, schedule);
};

const listSchedules = async (options: ScheduleOptions): Promise<void> => {
  const schedules = await fetchSchedules(await connect(options, 'support'), options.scope);
  return print(
    options,
    schedules,
    schedules.length === 0
      ? `${visible(options.scope)} has no schedules; set one with "annals schedule set"`
      : renderTable(schedules.map(rowOf), { whole: ['id'] }),
  );
};

const showSchedule = async (id: string, options: ScheduleOptions): Promise<void> =>
  show(options, await request<Schedule>(options, pathOf(id)));

const deleteSchedule = async (id: string, options: ScheduleOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  const response = await connection.fetch(pathTo(options.scope, pathOf(id)), { method: 'DELETE' });
  if (!response.ok) throw await refusalOf(response);
  return print(options, { id }, paint('green', `The schedule ${visible(id)} is deleted; its runs stay`));
};

/** Pauses or resumes: the schedule as it is, but for that. */
const pauseSchedule =
  (paused: boolean) =>
  async (id: string, options: ScheduleOptions): Promise<void> => {
    const current = await request<Schedule>(options, pathOf(id));
    const { every, at, on, time_zone, requested_by, reason, format, compression } = current;
    const kept = { every, at, on, time_zone, requested_by, reason, format, compression };
    return show(options, await request<Schedule>(options, pathOf(id), 'PUT', { ...kept, paused }));
  };

const runSchedule = async (id: string, options: ScheduleOptions): Promise<void> => {
  const run = await request<Run>(options, `${pathOf(id)}/runs`, 'POST');
  // Whoever looks at an export carries it on; otherwise it would wait for the next tick.
  await fetchJob(await connect(options, 'support'), run.export_id);
  return print(
    options,
    run,
    `Run ${run.n} is asked for; follow it with "annals export show ${visible(run.export_id)}"`,
  );
};

const listRuns = async (id: string, options: ScheduleOptions): Promise<void> => {
  const { runs } = await request<{ runs: Run[] }>(options, `${pathOf(id)}/runs`);
  const rows = runs.map(run => ({
    run: run.n,
    'from (UTC)': run.filed_from === null ? 'the beginning' : showTime(run.filed_from),
    'to (UTC)': showTime(run.filed_to),
    status: run.status,
    rows: run.rows ?? '',
    gaps: run.gaps ?? '',
    export: run.export_id,
  }));
  return print(options, runs, runs.length === 0 ? 'No runs yet' : renderTable(rows, { whole: ['export'] }));
};
