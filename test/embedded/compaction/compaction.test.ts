import { describe, expect, it, onTestFinished } from 'vitest';
import type { S3 } from '#aws/clients.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { watermarkKey } from '#domain/archive/layout.ts';
import { segmentsPrefix } from '#domain/compact/layout.ts';
import { backgroundWork } from '#embedded/background.ts';
import { startCompaction } from '#embedded/compaction/compaction.ts';
import { movableClock } from '#test/support/clock.ts';
import { ledgerObject, shard, stream } from '#test/support/compact-world.ts';
import { eventually } from '#test/support/eventually.ts';
import { collect, openBuckets } from '#test/support/world.ts';

const configuration = {
  ANNALS_INSTALLATION: 'embedded',
  ANNALS_BUCKETS: 1,
  ANNALS_STATE: 'state',
  ANNALS_LEDGER: 'ledger',
  ANNALS_VIEWS: 'views',
};

describe('compaction in one process', () => {
  it('makes segments of closed days by itself, again and again, until it is stopped', async () => {
    const clock = movableClock();
    const { client, ledger, state, views } = await openBuckets();
    const filedAt = '2026-11-20T00:00:00.000000000Z';
    const object = ledgerObject('ontime', [{ id: 1, scope: 'acme', occurredAt: filedAt, filedAt }], 1);
    await ledger.create(object.key, object.bytes);
    const filed = { '00': '2026-11-21T00:00:00.000000000Z' };
    await state.create(watermarkKey(stream, shard), Buffer.from(JSON.stringify({ sequence: '1', filed })));
    const logged: unknown[] = [];
    const background = backgroundWork((level, message, facts) => void logged.push({ level, message, facts }));
    const { stop } = startCompaction({
      configuration,
      s3: client as S3,
      everyMs: 50,
      log: (level, message, facts) => void logged.push({ level, message, facts }),
      onceAtATime: background.onceAtATime,
    });
    onTestFinished(stop);
    const record = async () => (await new Compactions(state).get(0)).record;
    await eventually(async () => expect((await record()).closing?.date).toBe('2026-11-20'));
    clock.aheadMs += 10 * 60_000;
    await eventually(async () => expect((await record()).compacted_to).toBe('2026-11-20'));
    expect(await collect(views.list(segmentsPrefix))).toHaveLength(1);
    await stop();
    await background.end();
    expect(logged).toEqual([]);
  });
});
