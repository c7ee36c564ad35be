import { describe, expect, it } from 'vitest';
import { bucketName } from '#domain/archive/bucket.ts';
import { manifestKey } from '#domain/export/layout.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import { asked, at, bucket, exportId, openExports } from '#test/support/export-world.ts';

describe('the file and the manifest of an export', () => {
  it('reports the gaps of its bucket, also one that came while the query ran', async () => {
    const { world, fileAll, state, aside, results } = await openExports(['succeeded']);
    await world.jobs.create(asked());
    await advanceExport(world, exportId, 'api');
    await fileAll();
    await advanceExport(world, exportId, 'api');
    await aside.create(`quarantine/bucket=${bucketName(bucket)}/${at}-s-h-1.json`, Buffer.from('{}'));
    await state.create(
      `quarantine/bucket=${bucketName((bucket + 1) % 32)}/${at}-s-h-2.json`,
      Buffer.from('{}'),
    );
    const ended = `quarantine/bucket=${bucketName(bucket)}/${at}-s-h-3.json`;
    await state.create(ended, Buffer.from('{}'));
    await state.create(`gaps/${ended}`, Buffer.from('{"ended_at":"2026-11-23T11:00:00.000000000Z"}'));
    expect(await advanceExport(world, exportId, 'query-ended')).toMatchObject({
      status: 'succeeded',
      result: { gaps: 1 },
    });
    expect(JSON.parse((await results.get(manifestKey(exportId, 0)))!.bytes.toString())).toMatchObject({
      gaps: [{ bucket, filed_at: at, ended_at: null }],
    });
  });
});
