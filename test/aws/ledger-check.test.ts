import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLedger } from '#aws/ledger-check.ts';
import { requireInstallation } from '#aws/state/installation.ts';
import { RefusedItems } from '#aws/state/refused-items.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { bucketOf } from '#domain/archive/bucket.ts';
import { parseObjectKey, watermarkKey } from '#domain/archive/layout.ts';
import { findingKinds, noteKinds } from '#domain/archive/ledger-report.ts';
import { encodePacks, heartbeat } from '#domain/archive/pack.ts';
import { archive } from '#functions/archive.ts';
import { rowText } from '#test/support/builders.ts';
import { readOneMember } from '#test/support/gzip-member.ts';
import { type GivenRecord, kinesisBatch } from '#test/support/kinesis-batch.ts';
import { collect, openBuckets } from '#test/support/world.ts';

const stream = 'annals@2026-01-01T00:00:00.000000000Z';
const shard = 'shardId-000000000000';
const noon = Date.parse('2026-11-23T12:00:00Z');
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A record with so many rows of a scope, each an event of its own. */
const recordOf = (n: number, scope: string, rows: number, occurredAt = '2026-11-23T11:00:00.000000000Z') => {
  const lines = Array.from({ length: rows }, (_, i) =>
    rowText(uuid(n * 100 + i), occurredAt, { scope: { id: scope, type: 't' } }),
  );
  const data = rows === 0 ? heartbeat() : encodePacks(lines)[0]!.data;
  return { data, bucket: bucketOf(scope, 32), arrivalMs: noon + n };
};

const open = async () => {
  const { ledger, state, aside } = await openBuckets();
  await requireInstallation(state, { buckets: 32, ledger: 'ledger' });
  const watermarks = new Watermarks(state);
  const world = {
    stream: { id: async () => stream },
    ledger,
    aside,
    refused: new RefusedItems(aside, state),
    watermarks,
    buckets: 32,
    maxTextBytes: 1e9,
    log: () => undefined,
    metrics: () => undefined,
  };
  const file = (given: readonly GivenRecord[], first: number) =>
    archive(world)(kinesisBatch(shard, given, first));
  /** Writes the objects of a batch, and is gone before its watermark. */
  const crash = async (given: readonly GivenRecord[], first: number) => {
    const broken = {
      get: watermarks.get.bind(watermarks),
      all: watermarks.all.bind(watermarks),
      put: () => Promise.reject(new Error('crash')),
    };
    await expect(
      archive({ ...world, watermarks: broken })(kinesisBatch(shard, given, first)),
    ).rejects.toThrow('crash');
  };
  const check = () => checkLedger({ ledger, state }, () => undefined);
  const keys = async () => (await collect(ledger.list('events/'))).map(({ key }) => key);
  /** What was found, by kind: how many, and the first of each. */
  const found = async () => {
    const { findings } = await check();
    return Object.fromEntries(Object.entries(findings).map(([kind, { first }]) => [kind, first[0]!.detail]));
  };
  const move = async (from: string, to: string, change = (bytes: Buffer) => bytes) => {
    const { bytes } = (await ledger.get(from))!;
    await ledger.delete(from);
    await ledger.create(to, change(bytes));
  };
  return { ledger, state, file, crash, check, keys, found, move, watermarks };
};

/** Ten records of two scopes, in two batches; gives the key of the first object of acme's. */
const filled = async () => {
  const world = await open();
  const records = Array.from({ length: 10 }, (_, n) => recordOf(n, n % 2 === 0 ? 'acme' : 'other', 2));
  await world.file(records.slice(0, 6), 1);
  await world.file(records.slice(6), 7);
  const [key] = (await world.keys()).filter(name => name.includes(`bucket=${bucketOf('acme', 32)}`));
  return { ...world, key: key! };
};

describe('the check of a ledger', () => {
  it('finds nothing in one that is whole, and counts its rows', async () => {
    const { check, key, ledger } = await filled();
    const { bytes } = await ledger
      .list('events/')
      .next()
      .then(({ value }) => value!);
    expect(await check()).toEqual({
      buckets: 32,
      objects: 4,
      bytes: expect.any(Number),
      rows: 20,
      last_filed_at: '2026-11-23T12:00:00.009000001Z',
      findings: {},
      notes: {},
    });
    expect((await check()).bytes).toBeGreaterThan(bytes);
    expect(parseObjectKey(key)).toBeDefined();
  });

  it('finds that rows are missing if objects are deleted, and in which bucket, however they were filed', async () => {
    const records = fc.array(
      fc.record({ scope: fc.constantFrom('acme', 'org-1', 'org-2'), rows: fc.integer({ min: 0, max: 3 }) }),
      { minLength: 2, maxLength: 10 },
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 10, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(records, cuts, fc.infiniteStream(fc.boolean()), async (given, sizes, chance) => {
        const { file, crash, check, keys, ledger } = await open();
        const all = given.map(({ scope, rows }, n) => recordOf(n, scope, rows));
        for (let at = 0, cut = 0; at < all.length; cut++) {
          const size = sizes[cut % sizes.length]!;
          // Some batches are lost at their watermark, and come again cut elsewhere.
          if (chance.next().value) await crash(all.slice(at, at + size + 1), at + 1);
          await file(all.slice(at, at + size), at + 1);
          at += size;
        }
        const rows = given.reduce((sum, record) => sum + record.rows, 0);
        expect(await check()).toMatchObject({ rows, findings: {} });

        const linesOf = async () => {
          const lines = new Map<string, number>();
          for (const key of await keys())
            for (const line of readOneMember((await ledger.get(key))!.bytes)
              .toString()
              .trimEnd()
              .split('\n'))
              lines.set(line, parseObjectKey(key)!.bucket);
          return lines;
        };
        const before = await linesOf();
        for (const key of await keys()) if (chance.next().value) await ledger.delete(key);
        const after = await linesOf();
        const lacking = new Map<number, number>();
        for (const [line, bucket] of before)
          if (!after.has(line)) lacking.set(bucket, (lacking.get(bucket) ?? 0) + 1);
        const { findings } = await check();
        expect(findings.missing_rows?.first.map(({ bucket, rows: gone }) => [bucket, gone]) ?? []).toEqual(
          [...lacking].sort(([a], [b]) => a - b),
        );
        expect(Object.keys(findings)).toEqual(lacking.size > 0 ? ['missing_rows'] : []);
      }),
      { numRuns: 30 },
    );
  });

  it('says it in a sentence', async () => {
    const { file, keys, ledger, found } = await open();
    await file(
      Array.from({ length: 20 }, (_, n) => recordOf(n, 'acme', 60)),
      1,
    );
    for (const key of await keys()) await ledger.delete(key);
    expect(await found()).toEqual({ missing_rows: 'lacks 1,200 rows that were filed' });
  });

  const cut = (bytes: Buffer) => bytes.subarray(0, -1);
  const flipped = (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    copy[copy.length >> 1]! ^= 0xff;
    return copy;
  };
  it.each([
    ['cut', cut, 'it is cut'],
    ['changed in its middle', flipped, /damaged|checksum|newline/],
    ['empty', () => Buffer.alloc(0), 'it is not gzip'],
    ['not gzip', () => Buffer.from('{}\n'), 'it is not gzip'],
    ['followed by other bytes', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')]), /1 bytes after/],
    ['another text', () => gzipSync('{}\n'), 'its text is not the one that its name says'],
    ['without its last newline', (bytes: Buffer) => gzipSync(cut(readOneMember(bytes))), /newline/],
  ])('finds an object that is %s', async (_, change, detail) => {
    const { key, move, found } = await filled();
    await move(key, key, change);
    expect((await found()).damaged_object).toMatch(detail);
  });

  it('finds an object of two members under a name of today, and lists those of before', async () => {
    const { key, move, found, check } = await filled();
    const inTwo = (bytes: Buffer) => {
      const text = readOneMember(bytes);
      return Buffer.concat([gzipSync(text.subarray(0, 10)), gzipSync(text.subarray(10))]);
    };
    await move(key, key, inTwo);
    expect(await found()).toEqual({ many_members: '2 members' });
    const { firstFiledAt, textDigits } = parseObjectKey(key)!;
    const folder = key.slice(0, key.lastIndexOf('/'));
    await move(key, `${folder}/${firstFiledAt}-${shard}-1-6-${textDigits.slice(0, 8)}.json.gz`);
    const { notes, findings } = await check();
    expect(notes).toMatchObject({ old_members: { count: 1, first: [{ detail: '2 members' }] } });
    expect(findings, 'its rows were counted under the name of today').toHaveProperty('missing_rows');
  });

  it.each([
    ['bucket', (key: string) => key.replace(/bucket=\d+/, 'bucket=05'), /3 lines|6 lines.*belongs in bucket/],
    ['lane', (key: string) => key.replace('lane=ontime', 'lane=late'), /6 lines.*belongs in lane ontime/],
    ['day', (key: string) => key.replaceAll('2026-11-23', '2026-11-24'), /7 lines.*filed on 2026-11-23/],
  ])('finds rows that lie in another %s', async (_, rename, detail) => {
    const { key, move, found } = await filled();
    await move(key, rename(key));
    expect((await found()).misplaced_rows).toMatch(detail);
  });

  it('finds lines that are no rows', async () => {
    const { key, move, found } = await filled();
    await move(key, key, () => gzipSync('{"filed_at":"2026-11-23T12:00:00.000000000Z"}\nx\n'));
    expect(await found()).toMatchObject({
      unreadable_rows: expect.stringMatching(/^2 lines, the first is line 1/),
    });
  });

  it('finds objects that archive did not name, and leaves the rest be', async () => {
    const { ledger, check } = await filled();
    for (const key of ['events/x', 'events/lane=ontime/bucket=99/date=2026-11-23/x.json.gz'])
      await ledger.create(key, Buffer.from('x'));
    const { findings, rows } = await check();
    expect(findings).toMatchObject({ foreign_object: { count: 2 } });
    expect(Object.keys(findings)).toEqual(['foreign_object']);
    expect(rows).toBe(20);
  });

  it('finds rows that nobody counted, as of a record that was given up after its object was written', async () => {
    const { file, crash, found } = await open();
    const records = [1, 2, 3].map(n => recordOf(n, 'acme', 2));
    await file([recordOf(0, 'acme', 0)], 1);
    await crash(records, 2);
    await file(records.slice(1), 3);
    expect(await found()).toEqual({ uncounted_rows: 'holds 2 rows that nobody counted' });
  });

  it('takes the same rows in a copy of an object for echoes', async () => {
    const { key, ledger, found } = await filled();
    await ledger.create(key.replace('-1-6-', '-3-5-'), (await ledger.get(key))!.bytes);
    expect(await found()).toEqual({});
  });

  it('lists the objects of a batch that has not ended, and does not call its rows missing or extra', async () => {
    const { file, crash, check } = await open();
    const records = [0, 1, 2, 3].map(n => recordOf(n, 'acme', 2));
    await file(records.slice(0, 2), 1);
    await crash(records.slice(2), 3);
    await crash(records.slice(2, 3), 3);
    const { findings, notes, rows } = await check();
    expect([findings, rows]).toEqual([{}, 4]);
    expect(notes).toMatchObject({ unfinished_batch: { count: 2 } });
  });

  it('finds a watermark that was restored from an older copy', async () => {
    const { file, found, state } = await open();
    const records = Array.from({ length: 6 }, (_, n) => recordOf(n, 'acme', 1));
    await file(records.slice(0, 2), 1);
    const older = (await state.get(watermarkKey(stream, shard)))!.bytes;
    for (const at of [2, 4]) await file(records.slice(at, at + 2), at + 1);
    const { etag } = (await state.get(watermarkKey(stream, shard)))!;
    await state.replace(watermarkKey(stream, shard), older, etag);
    expect(await found()).toEqual({
      watermark_behind: 'it stands at 2, and 2 objects were filed beyond',
    });
  });

  it('finds a watermark that is gone, and one that cannot be read', async () => {
    const { state, found, check } = await filled();
    const key = watermarkKey(stream, shard);
    const { etag } = (await state.get(key))!;
    await state.replace(key, Buffer.from('{'), etag);
    expect(await found()).toEqual({ unreadable_record: expect.stringContaining('cannot be read') });
    await state.delete(key);
    expect(await found()).toEqual({ no_watermark: '4 objects' });
    expect((await check()).rows).toBe(20);
  });

  it('says of what it cannot find missing rows: shards whose watermark has no count', async () => {
    const { state, check, file } = await filled();
    const key = watermarkKey(stream, shard);
    const { etag, bytes } = (await state.get(key))!;
    const { counted: _, ...old } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    await state.replace(key, Buffer.from(JSON.stringify(old)), etag);
    expect(await check()).toMatchObject({ findings: {}, notes: { not_counted: { count: 1 } } });
    await file([recordOf(11, 'acme', 3)], 11);
    expect(await check()).toMatchObject({ rows: 23, findings: {}, notes: {} });
  });

  it('is right while archive is filing: what comes after the watermark was read does not count', async () => {
    const { file, ledger, state, watermarks } = await open();
    await file([recordOf(0, 'acme', 2)], 1);
    const busy = {
      get: ledger.get.bind(ledger),
      async *list(prefix: string) {
        for (const n of [1, 2, 3]) await file([recordOf(n, 'acme', 1)], n + 1);
        yield* ledger.list(prefix);
      },
    };
    const { findings, rows } = await checkLedger({ ledger: busy, state }, () => undefined);
    expect([findings, rows]).toEqual([{}, 2]);
    expect((await watermarks.get(stream, shard)).watermark.sequence).toBe('4');
  });

  it('has a heading of at most 100 characters for each kind', () => {
    for (const [kind, meaning] of Object.entries({ ...findingKinds, ...noteKinds }))
      expect(`${kind} (1,000,000): ${meaning}`.length, kind).toBeLessThanOrEqual(100);
  });
});
