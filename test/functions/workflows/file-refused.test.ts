import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Objects } from '#aws/objects.ts';
import { readUsage } from '#aws/state/refused-budget.ts';
import { RefusedIndex } from '#aws/state/refused-index.ts';
import { RefusedItems } from '#aws/state/refused-items.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { bucketOf, partitionKey, refusedPartitionKey } from '#domain/archive/bucket.ts';
import { gapsOfOnFailure } from '#domain/archive/gap.ts';
import { encodePacks } from '#domain/archive/pack.ts';
import { redrivenPacks } from '#domain/archive/redrive.ts';
import {
  encodePart,
  itemKey,
  partsOf as itemParts,
  type RefusedFacts,
  sha256Hex,
} from '#domain/refused/item.ts';
import { encodeItemRecords } from '#domain/refused/item-record.ts';
import { scopeSha256 } from '#domain/refused/layout.ts';
import type { RefusedRecord } from '#domain/refused/record.ts';
import { leastChargedBytes } from '#domain/refused/usage.ts';
import { type ArchiveWorld, archive } from '#functions/archive.ts';
import { maxRefusedItems } from '#functions/workflows/file-refused.ts';
import { maintainRefused } from '#functions/workflows/maintain-refused.ts';
import { rowText } from '#test/support/builders.ts';
import { kinesisBatch } from '#test/support/kinesis-batch.ts';
import { collect, openBuckets } from '#test/support/world.ts';

const noon = Date.parse('2026-11-23T12:00:00Z');
const stream = 'annals@2026-01-01T00:00:00.000000000Z';
const shard = 'shardId-000000000000';
const acme = bucketOf('acme', 32);
const sender = 'arn:aws:iam::123456789012:role/shop';

const factsOf = (bytes: Buffer, k = 0): RefusedFacts => ({
  key: itemKey(sender, sha256Hex(bytes), k),
  sha256: sha256Hex(bytes),
  code: 'missing_member',
  path: '/success',
  sender,
  received_at: '2026-11-23T11:59:59.000000000Z',
  request_id: 'req-1',
  address: '192.0.2.7',
  content_type: 'application/json',
  scope_sha256: scopeSha256('acme'),
  bytes: bytes.length,
});
type Given = { data: Buffer; bucket: number; arrivalMs: number; key?: string };
const partsOf = (bytes: Buffer, k = 0): Given[] =>
  itemParts(factsOf(bytes, k), bytes).map(part => ({
    data: encodePart(part),
    bucket: acme,
    arrivalMs: noon,
    key: refusedPartitionKey(acme),
  }));
const rowPack: Given = {
  data: encodePacks([
    rowText('00000000-0000-4000-8000-000000000001', '2026-11-23T11:00:00.000000000Z', {
      scope: { id: 'acme', type: 't' },
    }),
  ])[0]!.data,
  bucket: acme,
  arrivalMs: noon,
};
const large = randomBytes(1_300_000);
const middle = randomBytes(600_000);
const small = Buffer.from('{"action":"a.b"}');

const open = async () => {
  const buckets = await openBuckets();
  const { state, aside, ledger } = buckets;
  const items = new RefusedItems(aside, state);
  const worldOf = (change: Partial<{ state: Objects; aside: Objects }> = {}): ArchiveWorld => {
    const places = { state, aside, ...change };
    return {
      stream: { id: async () => stream },
      ledger,
      aside: places.aside,
      refused: new RefusedItems(places.aside, places.state),
      watermarks: new Watermarks(places.state),
      buckets: 32,
      maxTextBytes: 1e9,
      log: () => undefined,
      metrics: () => undefined,
    };
  };
  const run = (given: readonly Given[], first = 1, world = worldOf()) =>
    archive(world)(kinesisBatch(shard, given, first));
  /** Everything that was written, by its key. */
  const written = async () => {
    const all: Record<string, string> = {};
    for (const place of [state, aside, ledger])
      for (const { key } of await collect(place.list('')))
        all[`${place.bucket}/${key}`] = sha256Hex((await place.get(key))!.bytes);
    return all;
  };
  const record = async (key: string): Promise<RefusedRecord> => {
    const item = await items.get(key);
    if (!item || item instanceof Error) throw new Error('There is no record');
    return item.record;
  };
  const watermark = async () => (await new Watermarks(state).get(stream, shard)).watermark;
  return { ...buckets, items, index: new RefusedIndex(state), run, worldOf, written, record, watermark };
};

/** A place that does the n-th write and is gone right after it, or right before it. */
const crashingPlaces = (
  { state, aside }: { state: Objects; aside: Objects },
  at: number,
  isAfter: boolean,
) => {
  let writes = 0;
  const wrap = (place: Objects): Objects =>
    new Proxy(place, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        const method = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
        if (name !== 'create' && name !== 'replace' && name !== 'delete') return method;
        return async (...args: unknown[]) => {
          writes += 1;
          if (writes > at || (writes === at && !isAfter)) throw new Error('crash');
          const result = await method(...args);
          if (writes === at) throw new Error('crash');
          return result;
        };
      },
    });
  return { state: wrap(state), aside: wrap(aside), writes: () => writes };
};

describe('a refused item that archive files', () => {
  it('is kept aside in its parts, and comes out as it was sent', async () => {
    const { run, items, record, aside } = await open();
    const given = partsOf(large);
    expect(given).toHaveLength(3);
    await run(given);
    const filed = await record(factsOf(large).key);
    expect(filed).toMatchObject({ parts: 3, repeats: 0, bucket: acme, bytes: large.length });
    expect((await items.read(filed)).bytes?.equals(large)).toBe(true);
    const keys = (await collect(aside.list('refused/'))).map(({ key }) => key);
    expect(keys).toEqual(
      filed.filed.map(
        (at, i) =>
          `refused/bucket=${String(acme).padStart(2, '0')}/${at!.replaceAll(':', '')}-${filed.key}-${i + 1}`,
      ),
    );
    expect(JSON.stringify(filed)).not.toMatch(/192\.0\.2\.7|req-1|\/success/);
  });

  it('takes one instant in its bucket, and is no gap and no row', async () => {
    const { run, watermark, aside } = await open();
    await run([rowPack, ...partsOf(small), rowPack]);
    expect(await watermark()).toMatchObject({
      sequence: '3',
      filed: { [String(acme).padStart(2, '0')]: '2026-11-23T12:00:00.000000002Z' },
      refused: { day: '2026-11-23', senders: { [sender]: leastChargedBytes } },
    });
    expect(await collect(aside.list('quarantine/'))).toEqual([]);
  });

  it('is the same after a crash at each write, and a batch that is cut differently', async () => {
    const given = [
      rowPack,
      ...partsOf(middle),
      ...partsOf(small),
      ...partsOf(small, 1),
      rowPack,
      ...partsOf(small),
    ];
    const whole = await open();
    await whole.run(given);
    const expected = await whole.written();
    const count = crashingPlaces(await openBuckets(), 1e9, true);
    await archive((await open()).worldOf(count))(kinesisBatch(shard, given, 1));
    expect(count.writes()).toBeGreaterThan(10);
    for (let at = 1; at <= count.writes(); at++)
      for (const isAfter of [false, true]) {
        const { state, aside, run, worldOf, written } = await open();
        await expect(run(given, 1, worldOf(crashingPlaces({ state, aside }, at, isAfter)))).rejects.toThrow(
          'crash',
        );
        await run(given);
        expect(await written(), `write ${at}`).toEqual(expected);
      }
    // Cut anew, each part is in a batch of its own; the watermark, the rows' objects and what is told of them
    // differ in name alone.
    const cut = await open();
    for (const [i, one] of given.entries()) await cut.run([one], i + 1);
    const ofRefused = (all: object) => Object.entries(all).filter(([key]) => /refused/.test(key));
    expect(ofRefused(await cut.written())).toEqual(ofRefused(expected));
    const { refused } = await cut.watermark();
    expect(refused).toEqual((await whole.watermark()).refused);
  }, 120_000);

  it('that comes three times is one item whose repeats are counted, and is kept aside once', async () => {
    const { run, record, aside, index } = await open();
    await run([...partsOf(small), ...partsOf(small)]);
    await run(partsOf(small), 3);
    expect(await record(factsOf(small).key)).toMatchObject({ repeats: 2 });
    expect(await collect(aside.list('refused/'))).toHaveLength(1);
    expect(await collect(index.open(scopeSha256('acme')))).toHaveLength(1);
  });

  it('is filed from a record of many as from one of its own, each once and in their order', async () => {
    const texts = Array.from({ length: 60 }, (_, n) => Buffer.from(n % 7 === 0 ? '{}' : `{"n":${n}}`));
    const seen = new Map<string, number>();
    const parts = texts.map(bytes => {
      const k = seen.get(String(bytes)) ?? 0;
      seen.set(String(bytes), k + 1);
      return itemParts(factsOf(bytes, k), bytes)[0]!;
    });
    const records = [parts.slice(0, 40), parts.slice(40)].flatMap(encodeItemRecords);
    expect(records.map(({ places }) => places.length)).toEqual([40, 20]);
    const given = records.map(
      ({ data }): Given => ({ data, bucket: acme, arrivalMs: noon, key: refusedPartitionKey(acme) }),
    );
    const { run, items, record, aside, index, written, watermark } = await open();
    await run([rowPack, ...given, rowPack]);
    const before = await written();
    await run([rowPack, ...given, rowPack]);
    expect(await written()).toEqual(before);
    expect(await watermark()).toMatchObject({
      sequence: '4',
      counted: { rows: { [acme]: 2 } },
      refused: { senders: { [sender]: 60 * leastChargedBytes } },
    });
    // The same once more, as the sender of the body would send it: repeats, and nothing more is kept.
    await run(given, 5);
    expect(await collect(aside.list('refused/'))).toHaveLength(60);
    expect(await collect(index.open(scopeSha256('acme')))).toHaveLength(60);
    const filed = [];
    for (const [at, { header }] of parts.entries()) {
      const item = await record(header.key);
      expect(item).toMatchObject({ repeats: 1, bytes: texts[at]!.length });
      if (at % 5 === 0) expect((await items.read(item)).bytes).toEqual(texts[at]);
      filed.push(item.filed[0]!);
    }
    expect(new Set(filed).size).toBe(60);
    expect([...filed].sort()).toEqual(filed);
    // A record of one, as versions before wrote it, is one more repeat of the same item.
    await run([{ ...given[0]!, data: encodePart(parts[0]!) }], 7);
    expect(await record(parts[0]!.header.key)).toMatchObject({ repeats: 2 });
  }, 120_000);

  it('is left to the next run if there are many, so that rows are not kept waiting', async () => {
    const parts = Array.from(
      { length: maxRefusedItems + 1 },
      (_, k) => itemParts(factsOf(small, k), small)[0]!,
    );
    const given = encodeItemRecords(parts).map(
      ({ data }): Given => ({ data, bucket: acme, arrivalMs: noon, key: refusedPartitionKey(acme) }),
    );
    const { worldOf } = await open();
    const filed: string[] = [];
    const world: ArchiveWorld = {
      ...worldOf(),
      refused: { file: async ({ header }) => filed.push(header.key) > 0 },
    };
    const run = (from: number) => archive(world)(kinesisBatch(shard, given.slice(from), from + 1));
    expect(await run(0)).toEqual({ batchItemFailures: [{ itemIdentifier: '5' }] });
    expect(filed).toHaveLength(maxRefusedItems);
    expect(await run(4)).toEqual({ batchItemFailures: [] });
    expect(new Set(filed).size).toBe(parts.length);
  });

  it('stays ended if the same comes again, unless its bytes are deleted: then it is kept again, and open', async () => {
    const { run, record, items, index, aside } = await open();
    const { key } = factsOf(small);
    const end = { at: '2026-11-23T13:00:00.000000000Z', by: 'o', reason: null };
    await run(partsOf(small));
    await items.end(key, { ...end, how: 'dismissed' });
    await run(partsOf(small), 2);
    expect(await record(key)).toMatchObject({ repeats: 1, end: { how: 'dismissed' } });
    expect(await collect(index.open(undefined))).toEqual([]);
    await items.end(key, { ...end, how: 'purged' }, true);
    expect(await collect(aside.list('refused/'))).toEqual([]);
    await run(partsOf(small), 3);
    const again = await record(key);
    expect([again.repeats, again.end, again.gone]).toEqual([2, undefined, undefined]);
    expect((await items.read(again)).bytes?.equals(small)).toBe(true);
    expect(await collect(index.open(undefined))).toHaveLength(1);
  });

  it('does not stop others from being filed if its record is damaged', async () => {
    const { run, state, record, ledger } = await open();
    const { key } = factsOf(small);
    await state.create(`refused/items/${key}.json`, Buffer.from('{'));
    await run([...partsOf(small), rowPack]);
    expect(await record(key)).toMatchObject({ key, repeats: 0 });
    expect(await collect(ledger.list('events/'))).toHaveLength(1);
  });

  it('is a gap if it cannot be read, and if an archive does not know it', async () => {
    const { run, aside } = await open();
    const [part] = partsOf(small);
    await run([{ ...part!, data: part!.data.subarray(0, -9) }]);
    // What an archive of before makes of it: the partition key is none that it knows.
    await run([{ ...part!, key: partitionKey(acme).replace('bucket', 'other') }], 2);
    const kept = (await collect(aside.list('quarantine/'))).map(({ key }) => key);
    expect(kept).toHaveLength(2);
    expect(await collect(aside.list('refused/'))).toEqual([]);
  });

  it('is deleted by tick after its days, which ends it; the rest is counted, and written if that changed', async () => {
    const { run, record, state, aside, index } = await open();
    await run([...partsOf(middle), ...partsOf(small)]);
    const counted: object[] = [];
    const maintain = (afterDays: number) =>
      maintainRefused({
        aside,
        state,
        watermarks: new Watermarks(state),
        days: 90,
        nowMs: () => noon + afterDays * 86_400_000,
        metrics: values => void counted.push(values),
      });
    await maintain(0.01);
    const sizes = (await collect(aside.list('refused/'))).map(({ bytes }) => Math.max(bytes, 1024));
    const sum = sizes.reduce((a, b) => a + b, 0);
    expect(await readUsage(state)).toMatchObject({
      bytes: sum,
      files: 3,
      of_day: { day: '2026-11-23', senders: { [sender]: sum } },
    });
    const { etag } = (await state.get('refused/usage.json'))!;
    await maintain(0.02);
    expect((await state.get('refused/usage.json'))!.etag).toBe(etag);
    await maintain(89.9);
    expect(await collect(aside.list('refused/'))).toHaveLength(3);
    await maintain(90.1);
    expect(await collect(aside.list('refused/'))).toEqual([]);
    expect(await collect(index.open(undefined))).toEqual([]);
    expect(await record(factsOf(middle).key)).toMatchObject({
      gone: true,
      end: { how: 'expired', by: 'annals' },
    });
    expect(await readUsage(state)).toMatchObject({ bytes: 0, files: 0 });
    expect(counted[0]).toEqual({ OpenRefusedItems: 2 });
    // An export that was frozen before still has to count it; after a week nobody asks.
    expect(await collect(state.list('refused-ended/'))).toHaveLength(2);
    await maintain(97.2);
    expect(await collect(state.list('refused-ended/'))).toEqual([]);
  });

  it('goes back on the stream as what it is, after it was quarantined or given up', () => {
    const [part] = partsOf(small);
    const { data, key } = part!;
    const isBack = [{ bucket: acme, isRefused: true, data }];
    const base64 = data.toString('base64');
    const quarantined = JSON.stringify({ partition_key: key, line: null, data: base64 });
    expect(redrivenPacks('quarantine/bucket=00/x', quarantined, 32)).toEqual(isBack);
    const payload = JSON.stringify({
      Records: [{ kinesis: { partitionKey: key, data: base64, approximateArrivalTimestamp: noon / 1000 } }],
    });
    const givenUp = JSON.stringify({ payload });
    expect(redrivenPacks('aws/lambda/x', givenUp, 32)).toEqual(isBack);
    expect(gapsOfOnFailure('aws/lambda/x', givenUp, '2026-11-23T13:00:00.000000000Z', 32)).toMatchObject([
      { bucket: acme, filedAt: '2026-11-23T12:00:00.000000000Z' },
    ]);
  });
});
