import { describe, expect, it } from 'vitest';
import { NotRecordable } from '#aws/self-audit.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Schedules } from '#aws/state/schedules.ts';
import type { SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import type { Definition, ScheduleEvent } from '#domain/schedule/schedule.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import {
  advanceSchedules,
  applyScheduleChange,
  run,
  type ScheduleWorld,
} from '#functions/workflows/advance-schedule.ts';
import { collect, openBuckets } from '#test/support/world.ts';

const start = Date.parse('2026-11-20T12:00:00Z');
const hour = 3_600_000;

/** A schedule of acme that is due each day at six. */
const open = async () => {
  const { state } = await openBuckets();
  const clock = { ms: start };
  const recorded: string[] = [];
  const admins = new Set(['u-1']);
  const world: ScheduleWorld = {
    schedules: new Schedules(state),
    adminDirectory: { isAdmin: async (_, user) => admins.has(user) },
    selfAudit: {
      record: async ({ action, id }: SelfAuditEvent) => void recorded.push(`${action} ${id}`),
    } as unknown as ScheduleWorld['selfAudit'],
    jobs: new ExportJobs(state),
    nowMs: () => clock.ms,
    log: () => undefined,
  };
  const now = () => instantOfMilliseconds(clock.ms);
  const changing = (change: Partial<Definition> = {}): Extract<ScheduleEvent, { type: 'changing' }> => ({
    type: 'changing',
    at: now(),
    scope_id: 'acme',
    id: 'nightly',
    kind: 'create',
    definition: {
      every: 'daily',
      at: '06:00',
      time_zone: 'UTC',
      requested_by: 'u-1',
      reason: 'r',
      paused: false,
      ...change,
    } as Definition,
    by: { role: 'operator', principal: 'p' },
  });
  const create = (change?: Partial<Definition>) => world.schedules.append(undefined, changing(change));
  const get = async () => (await world.schedules.get('acme', 'nightly'))!;
  const asked = async () =>
    Promise.all((await get()).runs.map(async ({ exportId }) => (await world.jobs.get(exportId))?.status));
  const due = async () => (await collect(state.list('schedules-due/'))).map(({ key }) => key.split('/')[1]);
  return { world, state, clock, recorded, admins, changing, create, get, asked, due, now };
};

/** A world in which a method fails once, as where the process ends just before it. */
const crashing = (world: ScheduleWorld, jobs: Partial<ExportJobs>): ScheduleWorld => ({
  ...world,
  jobs: { get: (id: string) => world.jobs.get(id), ...jobs } as ExportJobs,
});
const crash = { create: () => Promise.reject(new Error('crash')), get: async () => undefined };

describe('schedules that are advanced', () => {
  it('finish a change that stopped between its steps, by the same event', async () => {
    const { world, create, get, recorded } = await open();
    const created = await create();
    await advanceSchedules(world);
    expect((await get()).definition).toBeDefined();
    await applyScheduleChange(world, created!);
    expect(new Set(recorded).size).toBe(1);
  });

  it('run what is due, in order, and are checked again when they are due next', async () => {
    const { world, create, clock, asked, due } = await open();
    await create();
    await advanceSchedules(world);
    expect(await due()).toEqual(['2026-11-21T06:00:00.000000000Z']);
    clock.ms += 48 * hour;
    await advanceSchedules(world);
    expect(await asked()).toEqual(['created', 'created']);
    await advanceSchedules(world);
    expect(await due()).toEqual(['2026-11-23T06:00:00.000000000Z']);
  });

  it('make one run of two ticks at once', async () => {
    const { world, create, clock, asked } = await open();
    await create();
    await advanceSchedules(world);
    clock.ms += 24 * hour;
    await Promise.all([advanceSchedules(world), advanceSchedules(world), advanceSchedules(world)]);
    expect(await asked()).toEqual(['created']);
  });

  it('ask for the export of a run that a crash left without, also one that was asked for by hand', async () => {
    const { world, create, clock, asked, get, now } = await open();
    await create();
    await advanceSchedules(world);
    clock.ms += 24 * hour;
    expect(await advanceSchedules(crashing(world, crash))).toHaveLength(1);
    expect(await asked()).toEqual([undefined]);
    await advanceSchedules(world);
    expect(await asked()).toEqual(['created']);

    clock.ms += hour;
    await expect(run(crashing(world, { create: crash.create }), await get(), now())).rejects.toThrow('crash');
    expect(await asked()).toEqual(['created', undefined]);
    clock.ms += 60_000;
    await advanceSchedules(world);
    expect(await asked()).toEqual(['created', 'created']);
  });

  it('request the previous run if somebody else appends the next one first', async () => {
    const { world, create, clock, asked, get, now } = await open();
    await create();
    await advanceSchedules(world);
    clock.ms += hour;
    await expect(run(crashing(world, { create: crash.create }), await get(), now())).rejects.toThrow('crash');
    clock.ms += hour;
    await run(world, await get(), now());
    expect(await asked()).toEqual(['created', 'created']);
  });

  it('pause if the owner is no longer an admin, with an event of their own, and no longer run', async () => {
    const { world, create, clock, admins, get, recorded, due, asked } = await open();
    await create();
    await advanceSchedules(world);
    admins.clear();
    clock.ms += 48 * hour;
    await advanceSchedules(world);
    await advanceSchedules(world);
    expect((await get()).definition!.paused).toBe(true);
    expect(recorded.map(line => line.split(' ')[0])).toEqual(['schedule.create', 'schedule.pause']);
    expect([await due(), await asked()]).toEqual([[], []]);
  });

  it('drop a change that the log can never hold, say so once, and take the next', async () => {
    const { world, changing, create, get, due, recorded } = await open();
    await create();
    const holding = world.selfAudit;
    const refusing = {
      ...world,
      selfAudit: {
        record: () => Promise.reject(new NotRecordable({ cause: 'x' })),
      } as unknown as typeof holding,
    };
    expect(await advanceSchedules(refusing)).toHaveLength(1);
    expect(await advanceSchedules(refusing)).toEqual([]);
    expect([await due(), (await get()).definition, (await get()).intent]).toEqual([[], undefined, undefined]);
    const { version } = await get();
    const next = await world.schedules.append(await get(), changing());
    expect(next).toMatchObject({ version: version + 1 });
    await advanceSchedules(world);
    expect((await get()).definition).toMatchObject({ requested_by: 'u-1' });
    expect(recorded).toHaveLength(1);
  });

  it('rest if no due time is left', async () => {
    const { world, create, due, asked } = await open();
    await create({ from: '9999-12-31T23:00:00.000000000Z' });
    expect(await advanceSchedules(world)).toEqual([]);
    expect([await due(), await asked()]).toEqual([[], []]);
  });

  it('drop an entry whose schedule never came, once it is old, and no sooner', async () => {
    const { world, state, clock, due, now } = await open();
    await state.create(`schedules-due/${now()}/a/b.json`, Buffer.from('{"scope_id":"acme","id":"never"}'));
    await advanceSchedules(world);
    expect(await due()).toHaveLength(1);
    clock.ms += 2 * hour;
    await advanceSchedules(world);
    expect(await due()).toEqual([]);
  });

  it('go on past one that is broken', async () => {
    const { world, state, create, clock, asked, now } = await open();
    await create();
    await state.create(`schedules-due/${now()}/a/b.json`, Buffer.from('nonsense'));
    await expect(advanceSchedules(world)).resolves.toHaveLength(1);
    clock.ms += 24 * hour;
    await advanceSchedules(world);
    expect(await asked()).toEqual(['created']);
  });

  it('are the run that was asked for, with its window, if the record of it was lost', async () => {
    const { world, state, create, get, clock, now } = await open();
    await create();
    await advanceSchedules(world);
    const ran = await run(world, await get(), now());
    await state.delete((await collect(state.list('schedules/'))).at(-1)!.key);
    clock.ms += hour;
    const again = await run(world, await get(), now());
    expect(again!.runs).toMatchObject([{ run: ran!.runs[0]!.run, exportId: ran!.runs[0]!.exportId }]);
    // The next one begins where that ended.
    clock.ms += hour;
    expect((await run(world, again!, now()))!.runs[1]!.run.filed_from).toBe(ran!.runs[0]!.run.filed_to);
  });

  it('go on if the export of their last run is damaged', async () => {
    const { world, state, create, get, clock, now } = await open();
    await create();
    await advanceSchedules(world);
    const ran = await run(world, await get(), now());
    const key = `exports/${ran!.runs[0]!.exportId}/00000000.json`;
    const { etag } = (await state.get(key))!;
    await state.replace(key, Buffer.from('{'), etag);
    clock.ms += hour;
    expect((await run(world, await get(), now()))!.runs).toHaveLength(2);
  });
});
