/** `annals schedule`: exports that come by themselves. */
import { styleText } from 'node:util';
import { encodePathId } from '#domain/path-id.ts';
import { type ConnectionOptions, connect, refusalOf } from './connection.ts';
import { fetchJob } from './run-export.ts';
import { renderTable } from './table.ts';

export type ScheduleOptions = ConnectionOptions & { scope: string };
export type SetScheduleOptions = ScheduleOptions & {
  every: 'daily' | 'weekly' | 'monthly';
  at: string;
  on?: string;
  timeZone: string;
  from?: string;
  requestedBy?: string;
  reason?: string;
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

const request = async (
  options: ScheduleOptions,
  path: string,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE' = 'GET',
  body?: object,
): Promise<unknown> => {
  const connection = await connect(options, 'support');
  const response = await connection.fetch(`/v1/scopes/${encodePathId(options.scope)}/schedules${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw await refusalOf(response);
  return response.status === 204 ? undefined : response.json();
};

const pathOf = (id: string): string => `/${encodePathId(id)}`;

const print = (options: ConnectionOptions, value: unknown, text: string): void =>
  void process.stdout.write(`${options.json ? JSON.stringify(value) : text}\n`);

const rowOf = (schedule: Schedule) => ({
  id: schedule.id,
  every: `${schedule.every}${schedule.on === undefined ? '' : ` on ${schedule.on}`} at ${schedule.at}`,
  'time zone': schedule.time_zone,
  for: schedule.requested_by,
  runs: schedule.runs,
  'last end': schedule.last_end?.slice(0, 19) ?? '',
  'next run': schedule.paused ? 'paused' : (schedule.next_run_at?.slice(0, 19) ?? ''),
});

export const setSchedule = async (id: string, options: SetScheduleOptions): Promise<void> => {
  const on = options.every === 'monthly' && options.on !== undefined ? Number(options.on) : options.on;
  const schedule = (await request(options, pathOf(id), 'PUT', {
    every: options.every,
    at: options.at,
    on,
    time_zone: options.timeZone,
    from: options.from,
    requested_by: options.requestedBy,
    reason: options.reason,
    paused: options.paused ?? false,
    compression: options.gzip ? 'gzip' : undefined,
  })) as Schedule;
  print(options, schedule, renderTable([rowOf(schedule)]));
};

export const listSchedules = async (options: ScheduleOptions): Promise<void> => {
  const schedules: Schedule[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = cursor === '' ? '' : `?${new URLSearchParams({ cursor })}`;
    const page = (await request(options, query)) as { schedules: Schedule[]; cursor: string | null };
    schedules.push(...page.schedules);
    cursor = page.cursor;
  }
  print(
    options,
    schedules,
    schedules.length === 0
      ? `${options.scope} has no schedules; set one with "annals schedule set"`
      : renderTable(schedules.map(rowOf)),
  );
};

export const showSchedule = async (id: string, options: ScheduleOptions): Promise<void> => {
  const schedule = (await request(options, pathOf(id))) as Schedule;
  print(options, schedule, renderTable([rowOf(schedule)]));
};

export const deleteSchedule = async (id: string, options: ScheduleOptions): Promise<void> => {
  await request(options, pathOf(id), 'DELETE');
  print(options, { id }, styleText('green', `The schedule ${id} is deleted; its runs stay`));
};

/** Pauses or resumes: the schedule as it is, but for that. */
export const pauseSchedule =
  (paused: boolean) =>
  async (id: string, options: ScheduleOptions): Promise<void> => {
    const current = (await request(options, pathOf(id))) as Schedule;
    const { every, at, on, time_zone, requested_by, reason, compression } = current;
    const schedule = (await request(options, pathOf(id), 'PUT', {
      ...{ every, at, on, time_zone, requested_by, reason, compression },
      paused,
    })) as Schedule;
    print(options, schedule, renderTable([rowOf(schedule)]));
  };

export const runSchedule = async (id: string, options: ScheduleOptions): Promise<void> => {
  const run = (await request(options, `${pathOf(id)}/runs`, 'POST')) as Run;
  // Whoever looks at an export carries it on; otherwise it would wait for the next tick.
  await fetchJob(await connect(options, 'support'), run.export_id);
  print(options, run, `Run ${run.n} is asked for; follow it with "annals export show ${run.export_id}"`);
};

export const listRuns = async (id: string, options: ScheduleOptions): Promise<void> => {
  const { runs } = (await request(options, `${pathOf(id)}/runs`)) as { runs: Run[] };
  const rows = runs.map(run => ({
    run: run.n,
    from: run.filed_from?.slice(0, 19) ?? 'the beginning',
    to: run.filed_to.slice(0, 19),
    status: run.status,
    rows: run.rows ?? '',
    gaps: run.gaps ?? '',
    export: run.export_id,
  }));
  print(options, runs, runs.length === 0 ? 'No runs yet' : renderTable(rows));
};
