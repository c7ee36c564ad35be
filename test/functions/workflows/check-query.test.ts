import { describe, expect, it } from 'vitest';
import { exportFileKey, queryOutputKey } from '#domain/export/layout.ts';
import { SingleFlight } from '#domain/single-flight.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import type { ExportWorld } from '#functions/workflows/export-world.ts';
import { compactDays } from '#test/support/compacted.ts';
import { asked, bucket, exportId, openExports, reasonOfFailure } from '#test/support/export-world.ts';
import { dayOf, fileEvents, november } from '#test/support/filed-days.ts';
import { collect } from '#test/support/world.ts';

describe('the query of an export', () => {
  it('is finished by one at a time, and by the next if that one does not end', async () => {
    const { world, fileAll, clock, tickOnce, results } = await openExports();
    await world.jobs.create(asked());
    await advanceExport(world, exportId, 'api');
    await fileAll();
    // The first dies while it writes.
    let dies = (): void => undefined;
    const dying: ExportWorld = {
      ...world,
      finishing: new SingleFlight(),
      results: Object.assign(Object.create(results) as typeof results, {
        createFrom: () => new Promise(() => dies()),
      }),
    };
    await new Promise<void>(resolve => {
      dies = resolve;
      void advanceExport(dying, exportId, 'query-ended');
    });
    clock.ms += 900_000;
    expect(
      await advanceExport({ ...world, finishing: new SingleFlight() }, exportId, 'query-ended'),
    ).toMatchObject({
      status: 'running',
    });
    clock.ms += 61_000;
    await tickOnce();
    expect(await world.jobs.get(exportId)).toMatchObject({ status: 'succeeded' });
  });

  it('is finished by the next process at once if writing failed for a moment', async () => {
    const { world, fileAll, clock, results } = await openExports();
    await world.jobs.create(asked());
    await advanceExport(world, exportId, 'api');
    await fileAll();
    const failing = {
      ...world,
      results: Object.assign(Object.create(results) as typeof results, {
        createFrom: () => Promise.reject(new Error('SlowDown')),
      }),
    };
    await expect(advanceExport(failing, exportId, 'query-ended')).rejects.toThrow('SlowDown');
    clock.ms += 1000;
    expect(
      await advanceExport({ ...world, finishing: new SingleFlight() }, exportId, 'query-ended'),
    ).toMatchObject({
      status: 'succeeded',
    });
  });

  it('is finished by tick if the state change was lost, but not before finish has had its time', async () => {
    const { tickOnce, world, fileAll, clock } = await openExports();
    await world.jobs.create(asked());
    await advanceExport(world, exportId, 'api');
    await fileAll();
    await tickOnce();
    expect((await world.jobs.get(exportId))?.status).toBe('running');
    clock.ms += 61_000;
    await tickOnce();
    expect((await world.jobs.get(exportId))?.status).toBe('succeeded');
  });

  it.each([
    ['failed', 'The query failed 3 times'],
    ['cut', 'The output of the query cannot be used'],
  ] as const)(
    'runs a query that %s again with the same statement and another token, three times in all',
    async (outcome, reason) => {
      const { world, started, fileAll, isThere, clock, said } = await openExports([outcome]);
      await world.jobs.create(asked());
      await advanceExport(world, exportId, 'api');
      await fileAll();
      clock.ms += 61_000;
      const job = await advanceExport(world, exportId, 'query-ended');
      expect(job).toMatchObject({
        status: 'failed',
        failure: { reason: 'query_failed', message: expect.stringContaining(reason) },
      });
      // The customer reads what to do, and no path of the server; the operator's log has the reason.
      expect(job!.failure!.message).toMatch(/ask the operator/);
      expect(job!.failure!.message).not.toMatch(/[/\\]|Malformed/);
      const detail = outcome === 'failed' ? reasonOfFailure : expect.any(String);
      expect(said.filter(one => one.detail !== undefined)).toEqual(
        [1, 2, 3].map(n =>
          expect.objectContaining({
            message: expect.stringContaining('query'),
            export_id: exportId,
            query_execution_id: `q-${n}`,
            detail,
          }),
        ),
      );
      expect(started).toHaveLength(3);
      expect(new Set(started.map(({ sql }) => sql)).size).toBe(1);
      expect(new Set(started.map(({ token }) => token)).size).toBe(3);
      expect(await isThere(exportFileKey(exportId, 0, undefined))).toBe(false);
      for (const query of ['q-1', 'q-2', 'q-3'])
        expect(await isThere(queryOutputKey(query)), query).toBe(false);
      expect(await collect(world.jobs.active())).toEqual([]);
    },
  );

  it('succeeds with the attempt that does', async () => {
    const { world, fileAll } = await openExports(['failed', 'cut', 'succeeded']);
    await world.jobs.create(asked());
    await advanceExport(world, exportId, 'api');
    await fileAll();
    expect(await advanceExport(world, exportId, 'query-ended')).toMatchObject({
      status: 'succeeded',
      attempt: 3,
    });
  });

  /** An export that reads segments up to the 22nd; its first query ends as `outcome` says. */
  const openCompacted = async (...outcomes: Parameters<typeof openExports>[0] & {}) => {
    const opened = await openExports(outcomes);
    const filed = [20, 21, 22].map(day => ({ n: day, scope: 'acme', filedAt: november(day) }));
    await fileEvents(opened.ledger, filed);
    await compactDays(opened, { bucket, upTo: dayOf(22) });
    await opened.world.jobs.create(asked());
    await advanceExport(opened.world, exportId, 'api');
    await opened.fileAll();
    await advanceExport(opened.world, exportId, 'api');
    return opened;
  };
  const tables = (sql: string) => [...new Set(sql.match(/FROM "\w+"/g))];

  it('reads the ledger after it failed on segments, since one may be damaged', async () => {
    const { world, started } = await openCompacted('failed', 'succeeded');
    const job = (await advanceExport(world, exportId, 'query-ended'))!;
    expect(job).toMatchObject({
      status: 'succeeded',
      attempt: 2,
      compactedTo: {},
      segmentsSha256: undefined,
    });
    expect(started.map(({ sql }) => tables(sql))).toEqual([['FROM "segments"'], ['FROM "events"']]);
  });

  it('reads the ledger only from the day on whose segment its error names', async () => {
    const { world } = await openCompacted('failed', 'succeeded');
    const status = async (id: string) => {
      const found = await world.query.status(id);
      const key = `segments/lane=ontime/bucket=${bucket}/date=${dayOf(22)}/0-00000000.parquet`;
      return found.state === 'failed' ? { ...found, message: `Cannot read s3://views/${key}` } : found;
    };
    const query = { start: world.query.start, status } as unknown as ExportWorld['query'];
    const job = (await advanceExport({ ...world, query }, exportId, 'query-ended'))!;
    expect(job).toMatchObject({ status: 'succeeded', attempt: 2, compactedTo: { [bucket]: dayOf(21) } });
  });

  it('is planned anew if the segments that it read are others by the time that it ended', async () => {
    const { world, views, said, results } = await openCompacted('succeeded');
    for await (const { key } of views.list('segments/')) if (key.includes(dayOf(22))) await views.delete(key);
    const job = (await advanceExport(world, exportId, 'query-ended'))!;
    expect(job).toMatchObject({ status: 'succeeded', attempt: 2, compactedTo: { [bucket]: dayOf(21) } });
    expect(said).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('not those that it was planned with') }),
    );
    expect(await results.size(queryOutputKey('q-1'))).toBeUndefined();
  });
});
