import { describe, expect, it } from 'vitest';
import { NotRecordable, type SelfAudit } from '#aws/self-audit.ts';
import type { SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import { exportFileKey } from '#domain/export/layout.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import type { ExportWorld } from '#functions/workflows/export-world.ts';
import { asked, exportId, openExports } from '#test/support/export-world.ts';

describe('the end of an export', () => {
  it('gives no file out whose end the log cannot hold', async () => {
    const { world, fileAll } = await openExports();
    await world.jobs.create(asked());
    await advanceExport(world, exportId, 'api');
    await fileAll();
    const { selfAudit } = world;
    const refusing = {
      ...world,
      selfAudit: Object.assign(Object.create(selfAudit) as SelfAudit, {
        record: async (event: SelfAuditEvent) => {
          if (event.action === 'export.complete') throw new NotRecordable({ cause: undefined });
          return selfAudit.record(event);
        },
      }),
    };
    expect(await advanceExport(refusing, exportId, 'query-ended')).toMatchObject({
      status: 'failed',
      failure: { reason: 'not_recordable' },
    });
  });

  it('is concluded once its notice is kept, neither failed nor made twice by a state that is away', async () => {
    const { world, fileAll, results, told } = await openExports();
    const ended: string[] = [];
    let isAway = true;
    const noticing: ExportWorld = {
      ...world,
      notify: (job, outcome) => (isAway ? Promise.reject(new Error('SlowDown')) : world.notify(job, outcome)),
      afterEnd: async ({ status }) => void ended.push(status),
    };
    await world.jobs.create(asked());
    await advanceExport(noticing, exportId, 'api');
    await fileAll();
    await expect(advanceExport(noticing, exportId, 'query-ended')).rejects.toThrow('SlowDown');
    expect(await world.jobs.get(exportId)).toMatchObject({ status: 'completing' });
    expect([told, ended]).toEqual([[], []]);
    const file = await results.get(exportFileKey(exportId, 0, undefined));
    isAway = false;
    expect(await advanceExport(noticing, exportId, 'tick')).toMatchObject({ status: 'succeeded' });
    expect([told, ended]).toEqual([[`${exportId} succeeded`], ['succeeded']]);
    expect(await results.get(exportFileKey(exportId, 0, undefined))).toEqual(file);
  });
});
