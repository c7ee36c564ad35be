import { describe, expect, it } from 'vitest';
import { bucketName } from '#domain/archive/bucket.ts';
import { NoLiteral } from '#domain/sql-literal.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import type { ExportWorld } from '#functions/workflows/export-world.ts';
import { asked, at, exportId, openExports } from '#test/support/export-world.ts';

describe('the start of an export', () => {
  it('waits for its heartbeat to be filed, and then starts', async () => {
    const { world, started, fileAll } = await openExports(['running']);
    await world.jobs.create(asked());
    expect((await advanceExport(world, exportId, 'api'))?.status).toBe('waiting');
    expect((await advanceExport(world, exportId, 'tick'))?.status).toBe('waiting');
    await fileAll();
    expect(await advanceExport(world, exportId, 'api')).toMatchObject({
      status: 'running',
      completeTo: at,
      queryExecutionIds: ['q-1'],
    });
    expect(started).toHaveLength(1);
  });

  it('waits for nothing if its request says what it is complete to, and holds what was filed before', async () => {
    const { world, started, fileAll } = await openExports(['running']);
    await fileAll();
    const complete_to = '2026-11-20T00:00:00.000000000Z';
    await world.jobs.create(asked({ complete_to }));
    const job = await advanceExport(world, exportId, 'api');
    expect(job).toMatchObject({ status: 'running', heartbeats: [], completeTo: complete_to });
    expect(started).toHaveLength(1);
    expect(job!.slices[0]!.parameters).toContain(complete_to);
  });

  it('of all scopes holds what each bucket had filed when it was asked for, though their clocks differ', async () => {
    const { world, fileAll } = await openExports(['running']);
    const ahead = '2026-11-23T12:00:00.000000007Z';
    await world.jobs.create(asked({ scope_id: undefined, all_scopes: true }));
    await advanceExport(world, exportId, 'api');
    await fileAll({ [bucketName(3)]: ahead });
    const marked = (await advanceExport(world, exportId, 'api'))!;
    expect(marked).toMatchObject({ status: 'waiting', reach: ahead });
    expect(marked.heartbeats.map(({ bucket: at }) => at)).toEqual(
      Array.from({ length: 32 }, (_, n) => n).filter(n => n !== 3),
    );
    // Filed, and still behind: it waits, and does not mark them again.
    await fileAll({ [bucketName(3)]: ahead });
    expect(await advanceExport(world, exportId, 'api')).toMatchObject({
      status: 'waiting',
      version: marked.version,
    });
    await fileAll(Object.fromEntries(Array.from({ length: 32 }, (_, n) => [bucketName(n), ahead])));
    expect(await advanceExport(world, exportId, 'api')).toMatchObject({
      status: 'running',
      completeTo: ahead,
    });
  });

  it('says why in words that the log can hold, however long the reason is', async () => {
    const { world, fileAll } = await openExports();
    const query = {
      ...world.query,
      start: () => Promise.reject(new NoLiteral(`${'x'.repeat(1999)}🦩 and more`)),
    };
    await world.jobs.create(asked());
    await advanceExport(world, exportId, 'api');
    await fileAll();
    const job = (await advanceExport(
      { ...world, query: query as unknown as ExportWorld['query'] },
      exportId,
      'api',
    ))!;
    expect(job.status).toBe('failed');
    expect(job.failure!.message.length).toBe(2000);
    expect(job.failure!.message).not.toMatch(/\p{Cs}/u);
  });

  it('fails at once if its query is refused, and says so without the words of the query engine', async () => {
    const { world, fileAll, said } = await openExports();
    const start = () =>
      Promise.reject(Object.assign(new Error('line 1:8 of s3://x'), { name: 'InvalidRequestException' }));
    await world.jobs.create(asked());
    await advanceExport(world, exportId, 'api');
    await fileAll();
    const refusing = { ...world, query: { ...world.query, start } as unknown as ExportWorld['query'] };
    expect(await advanceExport(refusing, exportId, 'api')).toMatchObject({
      status: 'failed',
      failure: {
        reason: 'query_failed',
        message: 'The query was refused; ask the operator for the reason, which is in the operational log',
      },
    });
    expect(said).toContainEqual(
      expect.objectContaining({ export_id: exportId, detail: 'line 1:8 of s3://x' }),
    );
  });
});
