/** `annals schedule`: sets, lists and runs schedules of recurring exports. */
import { type Command, Option } from 'commander';
import { command, connected, formatOption, reasonOption, scopeOption } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect } from '#cli/connection.ts';
import { fetchJob } from '#cli/export/follow-export.ts';
import { collect, listAll } from '#cli/pages.ts';
import { print } from '#cli/print.ts';
import { showMinute, showTime } from '#cli/table.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

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

type Schedule = Api<'Schedule'>;

const setExample =
  'schedule set weekly --scope acme --every weekly --on monday --at 06:00\n' +
  '--time-zone Europe/Berlin --requested-by u-17 --reason "ticket 8841"';

export const addSchedule = (program: Command): void => {
  const schedule = command(program, 'schedule', 'Manage schedules of recurring exports.', setExample);
  const ofScope = (name: string, description: string, example: string): Command =>
    connected(command(schedule, name, description, example)).requiredOption(...scopeOption);
  const ofSchedule = (
    name: string,
    description: string,
    example = `schedule ${name} weekly --scope acme`,
  ): Command => ofScope(name, description, example).argument('<id>', 'the id of the schedule');
  ofSchedule('set', 'Create a schedule, or change it.', setExample)
    .addOption(
      new Option('--every <period>', 'how often it runs')
        .choices(['daily', 'weekly', 'monthly'])
        .makeOptionMandatory(),
    )
    .requiredOption('--at <time>', 'the time of day, such as 06:00')
    .option('--on <day>', 'the weekday, or the day of the month')
    .option('--time-zone <name>', 'the time zone, such as Europe/Berlin', 'UTC')
    .option('--from <time>', 'the start of the first run (default: the beginning of the log)')
    .option('--requested-by <user>', 'the admin who requests the exports')
    .option(...reasonOption)
    .addOption(formatOption())
    .option('--gzip', 'compress the files with gzip')
    .option('--paused', 'create it without running it')
    .action(setSchedule);
  ofScope('list', 'List the schedules of a scope.', 'schedule list --scope acme').action(listSchedules);
  ofSchedule('show', 'Show a schedule.').action(showSchedule);
  ofSchedule('pause', 'Pause a schedule. Once resumed, it continues after the last run.').action(
    pauseSchedule(true),
  );
  ofSchedule('resume', 'Resume a schedule.').action(pauseSchedule(false));
  ofSchedule('delete', 'Delete a schedule. Its id cannot be used again.').action(deleteSchedule);
  ofSchedule('run', 'Run a schedule now. The next run starts at the end of this one.').action(runSchedule);
  ofSchedule('runs', 'List the 100 most recent runs of a schedule, newest first.').action(listRuns);
};

const pathOf = (scope: string, id?: string): string =>
  `/v1/scopes/${encodePathId(scope)}/schedules${id === undefined ? '' : `/${encodePathId(id)}`}`;

/** The schedules of a scope. */
export const fetchSchedules = (connection: Connection, scope: string): Promise<Schedule[]> =>
  collect(listAll(connection, pathOf(scope), 'schedules'));

const show = (options: ConnectionOptions, schedule: Schedule): Promise<void> =>
  print(options, schedule, { record: recordOf(schedule) });

const rowOf = (schedule: Schedule) => ({
  id: schedule.id,
  every: `${schedule.every}${schedule.on === undefined ? '' : ` on ${schedule.on}`} at ${schedule.at}`,
  'time zone': schedule.time_zone,
  requester: schedule.requested_by,
  runs: schedule.runs,
  'last end (UTC)': schedule.last_end === null ? '' : showMinute(schedule.last_end),
  'next run (UTC)': nextRunOf(schedule),
});

const nextRunOf = ({ paused, next_run_at }: Schedule): string => {
  if (paused) return 'paused';
  return next_run_at === null ? '' : showMinute(next_run_at);
};

/** The row, and the members that a table has no room for. */
const recordOf = (schedule: Schedule) => ({
  ...rowOf(schedule),
  from: schedule.from ?? 'the beginning',
  reason: schedule.reason ?? '',
  format: `${schedule.format}${schedule.compression === undefined ? '' : ', gzip'}`,
});

const setSchedule = async (id: string, options: SetScheduleOptions): Promise<void> => {
  const on = options.every === 'monthly' && options.on !== undefined ? Number(options.on) : options.on;
  const connection = await connect(options, 'support');
  const body = {
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
  };
  return show(options, await connection.json(pathOf(options.scope, id), { method: 'PUT', body }));
};

const listSchedules = async (options: ScheduleOptions): Promise<void> => {
  const schedules = await fetchSchedules(await connect(options, 'support'), options.scope);
  return print(options, schedules, {
    table: schedules.map(rowOf),
    none: `The scope ${options.scope} has no schedules; create one with "annals schedule set"`,
    whole: ['id', 'every'],
  });
};

const showSchedule = async (id: string, options: ScheduleOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  return show(options, await connection.json(pathOf(options.scope, id)));
};

const deleteSchedule = async (id: string, options: ScheduleOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  await connection.json<void>(pathOf(options.scope, id), { method: 'DELETE' });
  return print(options, { id }, { done: `Deleted the schedule ${id}; its exports are kept` });
};

/** Pauses or resumes a schedule, and changes nothing else. */
const pauseSchedule =
  (paused: boolean) =>
  async (id: string, options: ScheduleOptions): Promise<void> => {
    const connection = await connect(options, 'support');
    const path = pathOf(options.scope, id);
    const current = await connection.json<Schedule>(path);
    const { every, at, on, time_zone, requested_by, reason, format, compression } = current;
    const body = { every, at, on, time_zone, requested_by, reason, format, compression, paused };
    return show(options, await connection.json(path, { method: 'PUT', body }));
  };

const runSchedule = async (id: string, options: ScheduleOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  const path = `${pathOf(options.scope, id)}/runs`;
  const run = await connection.json<Api<'StartedRun'>>(path, { method: 'POST' });
  // Reading an export advances it; otherwise it would wait for the next tick.
  await fetchJob(connection, run.export_id);
  return print(options, run, {
    done: `Started run ${run.n}; follow it with "annals export show ${run.export_id}"`,
  });
};

const listRuns = async (id: string, options: ScheduleOptions): Promise<void> => {
  const connection = await connect(options, 'support');
  const { runs } = await connection.json<Api<'Runs'>>(`${pathOf(options.scope, id)}/runs`);
  const rows = runs.map(run => ({
    run: run.n,
    'from (UTC)': run.filed_from === null ? 'the beginning' : showTime(run.filed_from),
    'to (UTC)': showTime(run.filed_to),
    status: run.status,
    rows: run.rows ?? '',
    gaps: run.gaps ?? '',
    export: run.export_id,
  }));
  return print(options, runs, { table: rows, none: 'No runs yet', whole: ['export'] });
};
