import { describe, expect, it } from 'vitest';
import { checkSegments } from '#aws/segment-check.ts';
import type { LedgerReport } from '#domain/archive/ledger-report.ts';
import { compactionKey } from '#domain/compact/layout.ts';
import { compactWorld, ledgerObject, type Places } from '#test/support/compact-world.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const rowAt = (id: number, time: string) => ({ id, scope: 'acme', occurredAt: time, filedAt: time });

const compacted = async () => {
  const world = compactWorld();
  const rows = [1, 2, 3].map(n => rowAt(n, `2026-11-20T01:00:0${n}.000000000Z`));
  world.put(ledgerObject('ontime', rows, 1));
  // An echo counts once.
  world.put(ledgerObject('ontime', rows.slice(1), 2));
  world.file('2026-11-21T00:00:00.000000000Z');
  await world.settle();
  return world;
};

const check = async (places: Places) => {
  const report: Pick<LedgerReport, 'buckets' | 'findings'> = { buckets: 1, findings: {} };
  let segments = 0;
  const open = (name: keyof Places) => memoryBucket(name, places[name]).objects;
  await checkSegments({ ledger: open('ledger'), state: open('state'), views: open('views') }, report, () => {
    segments += 1;
  });
  return { findings: report.findings, segments };
};

describe('the check of segments', () => {
  it('finds nothing if they hold what the ledger holds', async () => {
    const { places } = await compacted();
    expect(await check(places)).toEqual({ findings: {}, segments: 1 });
  });

  it('finds what is missing, changed or not ours', async () => {
    const { places } = await compacted();
    const [key] = [...places.views.keys()];
    const foreign = key!.replace(/0-[0-9a-f]{8}/, '9-00000000');
    places.views.set(foreign, { bytes: Buffer.alloc(1), etag: '"x"' });
    const details = async () => (await check(places)).findings.damaged_segment?.first;
    expect(await details()).toEqual([{ place: foreign, detail: 'it is not ours' }]);
    places.views.delete(foreign);
    places.views.get(key!)!.bytes[9]! ^= 1;
    expect(await details()).toEqual([{ place: key, detail: 'its bytes are not those that were written' }]);
    places.views.clear();
    expect(await details()).toEqual([{ place: key, detail: 'it is missing' }]);
  });

  it('finds a day to which an object came later, or from which one is gone', async () => {
    const { places, put } = await compacted();
    put(ledgerObject('ontime', [rowAt(9, '2026-11-20T03:00:00.000000000Z')], 9));
    expect((await check(places)).findings.different_rows!.first).toEqual([
      {
        place: 'segments/lane=ontime/bucket=00/date=2026-11-20/',
        detail: '3 rows; its facts say 3, the ledger holds 4',
      },
    ]);
    places.ledger.clear();
    expect((await check(places)).findings).toHaveProperty('different_rows');
  });

  it('names a record that cannot be read', async () => {
    const { places } = await compacted();
    places.state.set(compactionKey(0), { bytes: Buffer.from('{'), etag: '"x"' });
    expect((await check(places)).findings.unreadable_record!.first[0]).toMatchObject({ place: 'bucket 0' });
  });
});
