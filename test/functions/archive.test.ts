import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RefusedItems } from '#aws/state/refused-items.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { bucketName, bucketOf } from '#domain/archive/bucket.ts';
import { parseObjectKey } from '#domain/archive/layout.ts';
import { encodePacks, heartbeat } from '#domain/archive/pack.ts';
import { type Instant, nanosecondsOf } from '#domain/time.ts';
import { type ArchiveWorld, archive } from '#functions/archive.ts';
import { rowText } from '#test/support/builders.ts';
import { readOneMember } from '#test/support/gzip-member.ts';
import { type GivenRecord, kinesisBatch } from '#test/support/kinesis-batch.ts';
import { collect, openBuckets } from '#test/support/world.ts';

const noon = Date.parse('2026-11-23T12:00:00Z');
const stream = 'annals@2026-01-01T00:00:00.000000000Z';
const shard = 'shardId-000000000000';
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const row = (n: number, occurredAt: Instant = '2026-11-23T11:00:00.000000000Z', scope = 'acme') =>
  rowText(uuid(n), occurredAt, { scope: { id: scope, type: 't' } });
const packOf = (...rows: string[]) => encodePacks(rows)[0]!.data;
const acme = bucketOf('acme', 32);

const batch = (given: readonly (Pick<GivenRecord, 'data'> & Partial<GivenRecord>)[], first = 1) =>
  kinesisBatch(
    shard,
    given.map(record => ({ bucket: acme, arrivalMs: noon, ...record })),
    first,
  );

const open = async (change: Partial<ArchiveWorld> = {}) => {
  const buckets = await openBuckets();
  const { ledger, state, aside } = buckets;
  const world: ArchiveWorld = {
    stream: { id: async () => stream },
    ledger,
    aside,
    refused: new RefusedItems(aside, state),
    watermarks: new Watermarks(state),
    buckets: 32,
    maxTextBytes: 1e9,
    log: () => undefined,
    metrics: () => undefined,
    ...change,
  };
  const objects = async () =>
    Promise.all(
      (await collect(ledger.list('events/'))).map(async ({ key }) => {
        const text = readOneMember((await ledger.get(key))!.bytes).toString();
        expect(text.endsWith('\n')).toBe(true);
        return {
          key,
          name: parseObjectKey(key)!,
          rows: text
            .trimEnd()
            .split('\n')
            .map(line => JSON.parse(line) as { id: string; filed_at: Instant }),
        };
      }),
    );
  const ids = async () => (await objects()).flatMap(({ rows }) => rows.map(({ id }) => id)).sort();
  const quarantined = () => collect(aside.list('quarantine/'));
  const watermark = async () => (await world.watermarks.get(stream, shard)).watermark;
  return { ...buckets, world, run: archive(world), objects, ids, quarantined, watermark };
};

describe('archive', () => {
  it('files the rows of a batch, one object a lane, bucket and day, and moves the watermark', async () => {
    const { run, objects, watermark } = await open();
    const beforeMidnight = Date.parse('2026-11-24T00:00:00Z') - 1;
    const event = batch([
      { data: packOf(row(1), row(2, '2026-11-22T11:59:59.999999999Z')) },
      { data: packOf(row(3, undefined, 'org-1')), bucket: bucketOf('org-1', 32) },
      { data: packOf(row(4)), arrivalMs: beforeMidnight },
      { data: packOf(row(5)), arrivalMs: beforeMidnight + 1 },
    ]);
    expect(await run(event)).toEqual({ batchItemFailures: [] });
    const stored = await objects();
    expect(
      stored.map(({ name: { lane, bucket, firstFiledAt }, rows }) => [
        lane,
        bucket,
        firstFiledAt.slice(0, 10),
        rows.map(({ id }) => Number(id.slice(-3))),
      ]),
    ).toEqual([
      ['late', 26, '2026-11-23', [2]],
      ['ontime', 10, '2026-11-23', [3]],
      ['ontime', 26, '2026-11-23', [1, 4]],
      ['ontime', 26, '2026-11-24', [5]],
    ]);
    expect(stored.map(({ name, rows }) => name.firstFiledAt === rows[0]!.filed_at)).not.toContain(false);
    expect(await watermark()).toEqual({
      sequence: '4',
      filed: { 10: '2026-11-23T12:00:00.000000000Z', 26: '2026-11-24T00:00:00.000000000Z' },
      counted: { after: '0', rows: { 10: 1, 26: 4 } },
    });
  });

  it('calls a row late only when it was filed more than 24 hours after it occurred', async () => {
    const { run, objects } = await open();
    await run(
      batch([
        { data: packOf(row(1, '2026-11-22T12:00:00.000000000Z'), row(2, '2026-11-22T12:00:00.000000000Z')) },
      ]),
    );
    expect((await objects()).map(({ name: { lane }, rows: { length } }) => [lane, length])).toEqual([
      ['late', 1],
      ['ontime', 1],
    ]);
  });

  it('files the lines of release 0.1 as they came, with their instant behind them', async () => {
    const lines = readFileSync(
      join(import.meta.dirname, '..', 'vectors', 'lines-of-release-0.1.ndjson'),
      'utf8',
    )
      .trimEnd()
      .split('\n');
    const { run, ledger, quarantined } = await open();
    const bucketsOf = lines.map(line => {
      const { scope_id, target_id } = JSON.parse(line) as Record<string, string>;
      return bucketOf(scope_id ?? target_id!, 32);
    });
    await run(batch(lines.map((line, at) => ({ data: packOf(line), bucket: bucketsOf[at]! }))));
    expect(await quarantined()).toEqual([]);
    const filed: string[] = [];
    for (const { key } of await collect(ledger.list('events/')))
      filed.push(
        ...readOneMember((await ledger.get(key))!.bytes)
          .toString()
          .trimEnd()
          .split('\n'),
      );
    const withoutInstant = filed.map(line => line.replace(/,"filed_at":"[^"]{30}"\}$/, '}'));
    expect(withoutInstant.sort()).toEqual([...lines].sort());
  });

  it('quarantines a line that is not what its own cells encode, and files its neighbours', async () => {
    const { run, ids, quarantined, aside } = await open();
    const reordered = row(2).replace(/^\{"action":"([^"]*)",(.*)\}$/, '{$2,"action":"$1"}');
    const spaced = row(3).replace('":', '": ');
    const half = row(4).replace('"received_from":"x"', '"received_from":"\\ud83e"');
    await run(batch([{ data: packOf(row(1), reordered, spaced, half, row(5)) }]));
    expect(await ids()).toEqual([uuid(1), uuid(5)]);
    const aways = await quarantined();
    expect(aways).toHaveLength(3);
    const lines = await Promise.all(
      aways.map(async ({ key }) => JSON.parse((await aside.get(key))!.bytes.toString()) as { data: string }),
    );
    expect(lines.map(({ data }) => Buffer.from(data, 'base64').toString()).sort()).toEqual(
      [reordered, spaced, half].sort(),
    );
  });

  it('keeps a record whose neighbour is malformed, and quarantines that one whole', async () => {
    const { run, ids, quarantined, aside, watermark } = await open();
    const bad = Buffer.from('not a pack');
    await run(batch([{ data: packOf(row(1)) }, { data: bad }, { data: packOf(row(2)) }]));
    expect(await ids()).toEqual([uuid(1), uuid(2)]);
    const key = (await quarantined())[0]!.key;
    expect(key).toBe(`quarantine/bucket=26/2026-11-23T12:00:00.000000001Z-${stream}-${shard}-2.json`);
    expect(JSON.parse((await aside.get(key))!.bytes.toString())).toMatchObject({
      data: bad.toString('base64'),
      sequence: '2',
      shard,
      line: null,
    });
    expect((await watermark()).sequence).toBe('3');
  });

  it.each([
    ['is not JSON', '{'],
    ['is no row', '{"a":1}'],
    ['belongs to another bucket', row(9, undefined, 'org-1')],
  ])('quarantines a line that %s, and files its neighbours at their own instants', async (_, line) => {
    const { run, objects, quarantined } = await open();
    await run(batch([{ data: packOf(row(1), line, row(2)) }]));
    expect((await objects()).flatMap(({ rows }) => rows.map(({ id, filed_at }) => [id, filed_at]))).toEqual([
      [uuid(1), '2026-11-23T12:00:00.000000000Z'],
      [uuid(2), '2026-11-23T12:00:00.000000002Z'],
    ]);
    expect((await quarantined()).map(({ key }) => key)).toEqual([
      `quarantine/bucket=26/2026-11-23T12:00:00.000000001Z-${stream}-${shard}-1-1.json`,
    ]);
  });

  it('quarantines a record whose key is not one of ours as a gap of every bucket', async () => {
    const { run, quarantined } = await open();
    await run(batch([{ data: packOf(row(1)), key: 'bucket=99' }]));
    expect((await quarantined()).map(({ key }) => key)).toEqual([
      `quarantine/bucket=any/2026-11-23T12:00:00.000000000Z-${stream}-${shard}-1.json`,
    ]);
  });

  it('files nothing before the instant at which the installation begins, whatever buckets it has', async () => {
    const filedFrom = '2026-11-24T00:00:00.000000007Z';
    const { run, objects, quarantined, watermark } = await open({ filedFrom });
    await run(batch([{ data: packOf(row(1), row(2)) }, { data: packOf(row(3)), key: 'bucket=99' }]));
    await run(batch([{ data: packOf(row(4)), arrivalMs: noon + 1 }], 3));
    expect((await objects()).flatMap(({ rows }) => rows.map(({ filed_at }) => filed_at))).toEqual([
      filedFrom,
      '2026-11-24T00:00:00.000000008Z',
      '2026-11-24T00:00:00.000000009Z',
    ]);
    expect((await quarantined()).map(({ key }) => key)).toEqual([
      `quarantine/bucket=any/${filedFrom}-${stream}-${shard}-2.json`,
    ]);
    expect((await watermark()).filed).toEqual({ 26: '2026-11-24T00:00:00.000000009Z' });
  });

  it('has a watermark before it has objects, so that only a lost state leaves objects without one', async () => {
    const { world, objects } = await open();
    const broken = archive({
      ...world,
      ledger: {
        create: async (...args) => {
          expect((await world.watermarks.get(stream, shard)).etag).toBeDefined();
          await world.ledger.create(...args);
          throw new Error('crash');
        },
      },
    });
    await expect(broken(batch([{ data: packOf(row(1)) }]))).rejects.toThrow('crash');
    expect(await objects()).toHaveLength(1);
    expect((await world.watermarks.get(stream, shard)).watermark).toEqual({ sequence: '0', filed: {} });
  });

  it('moves the watermark for a heartbeat, and writes nothing else', async () => {
    const { run, objects, watermark } = await open();
    await run(batch([{ data: heartbeat() }, { data: heartbeat() }]));
    expect(await objects()).toEqual([]);
    expect(await watermark()).toEqual({
      sequence: '2',
      filed: { 26: '2026-11-23T12:00:00.000000001Z' },
      counted: { after: '0', rows: {} },
    });
  });

  it('files the bytes of a line as they came, with filed_at behind them', async () => {
    const { run, ledger } = await open();
    const line = rowText(uuid(1), '2026-11-23T11:00:00.000000000Z', {
      payload: { text: 'é🦩\u2028\\ud83d', n: 1 },
      scope: { id: 'acme', type: 't' },
    });
    await run(batch([{ data: packOf(line) }]));
    const [object] = await collect(ledger.list('events/'));
    expect(readOneMember((await ledger.get(object!.key))!.bytes).toString()).toBe(
      `${line.slice(0, -1)},"filed_at":"2026-11-23T12:00:00.000000000Z"}\n`,
    );
  });

  it('skips records at or below its watermark', async () => {
    const { run, ids } = await open();
    await run(batch([{ data: packOf(row(1)) }, { data: packOf(row(2)) }]));
    await run(batch([{ data: packOf(row(8)) }, { data: packOf(row(9)) }, { data: packOf(row(3)) }]));
    expect(await ids()).toEqual([uuid(1), uuid(2), uuid(3)]);
  });

  it.each(['quarantine', 'objects', 'watermark'] as const)(
    'files the same rows under the same names after a crash at the %s',
    async place => {
      const { world, run, objects, quarantined, watermark, ledger, aside } = await open();
      let crashes = 1;
      const crashAt = (here: typeof place): void => {
        if (here === place && crashes-- > 0) throw new Error('crash');
      };
      const broken = archive({
        ...world,
        aside: {
          create: async (...args) => {
            crashAt('quarantine');
            return aside.create(...args);
          },
        },
        ledger: {
          create: async (...args) => {
            crashAt('objects');
            return ledger.create(...args);
          },
        },
        watermarks: {
          get: (...args) => world.watermarks.get(...args),
          all: () => world.watermarks.all(),
          put: async (...args) => {
            crashAt('watermark');
            return world.watermarks.put(...args);
          },
        },
      });
      const event = batch([
        { data: packOf(row(1), row(2, '2026-01-01T00:00:00.000000000Z')) },
        { data: Buffer.from('?') },
      ]);
      await expect(broken(event)).rejects.toThrow('crash');
      const early = (await objects()).map(({ key }) => key);
      await run(event);
      const after = await objects();
      expect(after.map(({ key }) => key)).toEqual(expect.arrayContaining(early));
      expect(after.flatMap(({ rows }) => rows)).toHaveLength(2);
      expect(await quarantined()).toHaveLength(1);
      expect((await watermark()).sequence).toBe('2');
    },
  );

  it('files the same rows, instants and lanes after a crash, however the batch is cut then', async () => {
    const { world, run, objects } = await open();
    let crashes = 1;
    const broken = archive({
      ...world,
      watermarks: {
        get: (...args) => world.watermarks.get(...args),
        all: () => world.watermarks.all(),
        put: async (...args) => {
          if (crashes-- > 0) throw new Error('crash');
          return world.watermarks.put(...args);
        },
      },
    });
    const given = [
      { data: packOf(row(1), row(2, '2026-01-01T00:00:00.000000000Z')) },
      { data: packOf(row(3), row(4)) },
      { data: packOf(row(5)) },
    ];
    await run(batch([{ data: heartbeat() }]));
    await expect(broken(batch(given, 2))).rejects.toThrow('crash');
    const lines = async () =>
      (await objects()).flatMap(({ name: { lane }, rows }) =>
        rows.map(filedRow => JSON.stringify([lane, filedRow])),
      );
    const before = await lines();
    await run(batch(given.slice(0, 1), 2));
    await run(batch(given.slice(1), 3));
    const after = await lines();
    expect(before).toHaveLength(5);
    expect(after, 'each row stands in two objects').toHaveLength(10);
    expect([...new Set(after)].sort()).toEqual(before.sort());
  });

  it('fails if another run has moved the watermark, and its retry skips', async () => {
    const { run, world, ids } = await open();
    await run(batch([{ data: heartbeat() }]));
    const event = batch([{ data: packOf(row(1)) }], 2);
    const slow = archive({
      ...world,
      watermarks: {
        get: (...args) => world.watermarks.get(...args),
        all: () => world.watermarks.all(),
        put: async (...args) => {
          await run(event);
          return world.watermarks.put(...args);
        },
      },
    });
    await expect(slow(event)).rejects.toThrow('another run');
    expect(await run(event)).toEqual({ batchItemFailures: [] });
    expect(await ids()).toEqual([uuid(1)]);
  });

  it('stops at its limit of text, and reports the first record it did not read', async () => {
    const { world, ids } = await open();
    const run = archive({ ...world, maxTextBytes: 2 * row(1).length + 10 });
    const given = [1, 2, 3].map(n => ({ data: packOf(row(n)) }));
    expect(await run(batch(given))).toEqual({ batchItemFailures: [{ itemIdentifier: '3' }] });
    expect(await run(batch(given.slice(2), 3))).toEqual({ batchItemFailures: [] });
    expect(await ids()).toEqual([uuid(1), uuid(2), uuid(3)]);
  });

  it('files rows once, at increasing instants of their bucket, however batches are cut and repeated', async () => {
    const scopes = ['acme', 'org-1', 'org-2'];
    const record = fc.record({
      scope: fc.constantFrom(...scopes),
      rows: fc.integer({ min: 0, max: 3 }),
      arrivalMs: fc.integer({ min: 0, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.nat(11), fc.nat(12)), { maxLength: 6 }),
        async (records, deliveries) => {
          const { run, objects, ids, watermark } = await open();
          let n = 0;
          const given = records.map(({ scope, rows, arrivalMs }) => ({
            data:
              rows === 0
                ? heartbeat()
                : packOf(...Array.from({ length: rows }, () => row(++n, undefined, scope))),
            bucket: bucketOf(scope, 32),
            arrivalMs: noon + arrivalMs,
          }));
          // Lambda delivers from the checkpoint on: a batch never begins past what has been filed.
          let filed = 0;
          for (const [from, length] of [...deliveries, [0, given.length] as const]) {
            const start = Math.min(from, filed);
            const end = Math.min(start + Math.max(length, 1), given.length);
            await run(batch(given.slice(start, end), start + 1));
            filed = Math.max(filed, end);
          }
          expect(await ids()).toEqual(Array.from({ length: n }, (_, i) => uuid(i + 1)));
          const byBucket = new Map<number, bigint[]>();
          for (const { name, rows } of await objects())
            byBucket.set(name.bucket, [
              ...(byBucket.get(name.bucket) ?? []),
              ...rows.map(({ filed_at }) => nanosecondsOf(filed_at)),
            ]);
          for (const instants of byBucket.values()) expect(new Set(instants).size).toBe(instants.length);
          const counts = [...byBucket].map(([bucket, instants]) => [bucketName(bucket), instants.length]);
          expect((await watermark()).counted).toEqual({ after: '0', rows: Object.fromEntries(counts) });
        },
      ),
      { numRuns: 25 },
    );
  });
});
