import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exportFileKey, manifestKey, queryOutputKey } from '#domain/export/layout.ts';
import { SingleFlight } from '#domain/single-flight.ts';
import { finish } from '#functions/finish.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import { asked, csvHeader, exportId, openExports } from '#test/support/export-world.ts';
import { collect } from '#test/support/world.ts';

describe('the news that a query has ended', () => {
  it('is finished by the state change, once, whether that comes once, twice or together with a tick', async () => {
    const { tickOnce, world, results, fileAll, clock, isThere } = await openExports();
    await world.jobs.create(asked());
    await advanceExport(world, exportId, 'api');
    await fileAll();
    await advanceExport(world, exportId, 'api');
    clock.ms += 61_000;
    const change = {
      'detail-type': 'Athena Query State Change' as const,
      detail: { currentState: 'SUCCEEDED', queryExecutionId: 'q-1' },
    };
    await Promise.all([
      finish(world)(change),
      finish({ ...world, finishing: new SingleFlight() })(change),
      tickOnce({ finishing: new SingleFlight() }),
    ]);
    await finish(world)(change);
    const job = await world.jobs.get(exportId);
    expect(job).toMatchObject({
      status: 'succeeded',
      version: 6,
      result: {
        rows: 0,
        bytes: csvHeader.length,
        sha256: createHash('sha256').update(csvHeader).digest('hex'),
        bytes_scanned: 7,
      },
    });
    expect((await results.get(exportFileKey(exportId, 0, undefined)))!.bytes.toString()).toBe(csvHeader);
    expect(await isThere(manifestKey(exportId, 0))).toBe(true);
    expect(await isThere(queryOutputKey('q-1'))).toBe(false);
    expect(await collect(world.jobs.active())).toEqual([]);
  });

  it('ignores a state change that is early, foreign, or of no end', async () => {
    const { world } = await openExports();
    for (const [currentState, queryExecutionId] of [
      ['SUCCEEDED', 'q-9'],
      ['RUNNING', 'q-1'],
      ['SUCCEEDED', '../x'],
    ] as const)
      await finish(world)({
        'detail-type': 'Athena Query State Change',
        detail: { currentState, queryExecutionId },
      });
  });
});
