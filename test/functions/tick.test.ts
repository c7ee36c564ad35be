import { describe, expect, it } from 'vitest';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { bucketName } from '#domain/archive/bucket.ts';
import { asked, exportId, openExports } from '#test/support/export-world.ts';
import { collect } from '#test/support/world.ts';

describe('tick', () => {
  it('is advanced past another that is broken, and the tick says so', async () => {
    const { tickOnce, world, fileAll, state } = await openExports();
    await world.jobs.create(asked());
    const broken = '00000000-0000-4000-8000-000000000000';
    await state.create(`exports/${broken}/00000000.json`, Buffer.from('nonsense'));
    await state.create(`exports-open/${broken}`, Buffer.from('{}'));
    await expect(tickOnce()).rejects.toThrow('Tick could not do everything');
    await fileAll();
    await expect(tickOnce()).rejects.toThrow();
    expect((await world.jobs.get(exportId))?.status).toBe('running');
  });

  it('is dropped from the open ones if it was never stored', async () => {
    const { tickOnce, world, state, clock } = await openExports();
    await state.create(`exports-open/${exportId}`, Buffer.from('{}'));
    clock.ms = Date.now();
    await tickOnce();
    expect(await collect(world.jobs.active())).toHaveLength(1);
    clock.ms += 3_700_000;
    await tickOnce();
    expect(await collect(world.jobs.active())).toEqual([]);
  });

  it('is not dropped if it is stored while its entry is taken for one without a job', async () => {
    const { tickOnce, world, state, clock } = await openExports();
    await state.create(`exports-open/${exportId}`, Buffer.from('{}'));
    clock.ms = Date.now() + 3_700_000;
    const jobs = new ExportJobs(state);
    const get = jobs.get.bind(jobs);
    let isFirst = true;
    // The job is asked for between the look at it and the removal of its entry.
    Object.assign(jobs, {
      get: async (wanted: string) => {
        const found = await get(wanted);
        if (isFirst) {
          isFirst = false;
          await world.jobs.create(asked());
        }
        return found;
      },
    });
    await tickOnce({ jobs });
    expect((await collect(world.jobs.active())).map(open => open.id)).toEqual([exportId]);
  });

  it('sends every bucket a heartbeat', async () => {
    const { tickOnce, kinesis } = await openExports();
    await tickOnce();
    const { noHint } = await import('#embedded/stream/shard.ts');
    const records = (
      await Promise.all(
        kinesis.shardIds.map(shard => kinesis.read(shard, 0n, { maxCount: 1000, maxBytes: 1e6 }, noHint())),
      )
    ).flat();
    expect(records.map(({ partitionKey }) => partitionKey).sort()).toEqual(
      Array.from({ length: 32 }, (_, n) => `bucket=${bucketName(n)}`),
    );
  });

  it('deletes the records of a gap a week after it has ended, and never while it is open', async () => {
    const { tickOnce, world, aside, clock } = await openExports();
    const at = '2026-11-23T11:00:00.000000000Z';
    const keys = [1, 2].map(n => `quarantine/bucket=07/${at}-s-h-${n}.json`);
    for (const key of keys) await aside.create(key, Buffer.from('{}'));
    await world.gaps.end(keys[0]!, { ended_at: at, how: 'dismissed', by: 'o', reason: 'r' });
    const left = async () => (await collect(aside.list('quarantine/'))).map(({ key }) => key);
    // The clock of the place is the system's, which says when the end was recorded.
    clock.ms = Date.now() + 6.9 * 86_400_000;
    await tickOnce();
    expect(await left()).toEqual(keys);
    clock.ms = Date.now() + 7.1 * 86_400_000;
    await tickOnce();
    expect(await left()).toEqual([keys[1]]);
  });
});
