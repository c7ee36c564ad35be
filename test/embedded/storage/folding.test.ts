import { appendFile, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsPrefix } from '#domain/archive/layout.ts';
import type { FoldingOptions } from '#embedded/storage/folding.ts';
import { contentOf, keyOf, keyOfNumber, openFoldable } from '#test/support/folded-bucket.ts';
import { collect } from '#test/support/world.ts';

type World = Awaited<ReturnType<typeof openFoldable>>;

const dates = ['2026-11-24', '2026-11-25', '2026-11-27'];

/** All that can be seen of the bucket: each key with its facts and its bytes. */
const seen = async ({ ledger, s3 }: World) => {
  const listed = await collect(ledger.list(eventsPrefix));
  const objects = [];
  for (const { key, bytes, writtenAt } of listed) {
    const got = (await ledger.get(key))!;
    expect(await ledger.size(key), key).toBe(bytes);
    expect(got.writtenAt, key).toEqual(writtenAt);
    objects.push({ key, etag: got.etag, text: got.bytes.toString(), ms: writtenAt.getTime() });
  }
  for (const { key } of listed.slice(0, 2))
    expect(await ledger.create(key, Buffer.from('another')), key).toBe('exists');
  const { paths, release } = await s3.pathsOf(
    'ledger',
    listed.map(({ key }) => key),
  );
  const whole = Buffer.concat(await Promise.all(paths.map(path => readFile(path))));
  expect(whole.length).toBe(listed.reduce((sum, { bytes }) => sum + bytes, 0));
  await release();
  return objects;
};

const fill = async ({ ledger }: World, count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await ledger.create(keyOfNumber(n), contentOf(n));
};

const filesBelow = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter(entry => entry.isFile())
    .map(({ name }) => name);
const foldsIn = ({ buckets }: World) => filesBelow(join(buckets, '.folds'));
const filesIn = ({ buckets }: World) => filesBelow(join(buckets, 'ledger'));

describe('folding', () => {
  it('makes one file of each closed day, in which every object is as it was', async () => {
    const world = await openFoldable();
    await fill(world, 30);
    const before = await seen(world);
    expect(before).toHaveLength(30);
    await world.foldingOf().run();
    expect(await foldsIn(world)).toHaveLength(2);
    expect((await filesIn(world)).length, 'the open day has few').toBe(10);
    expect(await seen(world)).toEqual(before);
    expect(await seen(await openFoldable(world.root)), 'after a restart').toEqual(before);
    await world.foldingOf().run();
    expect(await foldsIn(world), 'again').toHaveLength(2);
    expect(world.logged).toEqual([]);
  });

  it('folds the open day once it has many objects, and makes one fold of these when it is closed', async () => {
    const world = await openFoldable();
    await fill(world, 30);
    const before = await seen(world);
    await world.foldingOf({ manyObjects: 10 }).run();
    expect(await foldsIn(world)).toHaveLength(3);
    for (let n = 30; n < 60; n++) await world.ledger.create(keyOf(dates[2]!, n), contentOf(n));
    await world.foldingOf({ manyObjects: 10 }).run();
    expect(await foldsIn(world)).toHaveLength(4);
    const all = await seen(world);
    expect(all).toHaveLength(60);
    expect(all).toEqual(expect.arrayContaining(before));
    await world.foldingOf({ nowMs: () => Date.parse('2026-11-28T01:00:01Z') }).run();
    expect(await foldsIn(world)).toHaveLength(3);
    expect(await filesIn(world)).toEqual([]);
    expect(await seen(world)).toEqual(all);
    expect(await seen(await openFoldable(world.root))).toEqual(all);
  });

  it('makes several folds of a day that is too large for one', async () => {
    const world = await openFoldable();
    await fill(world, 60);
    const before = await seen(world);
    await world.foldingOf({ most: { objects: 7, bytes: 1e9 } }).run();
    expect(await foldsIn(world)).toHaveLength(6);
    expect(await seen(world)).toEqual(before);
  });

  it('leaves the folders of closed days to be made again', async () => {
    const world = await openFoldable();
    const [first, second] = [keyOf(dates[0]!, 1), keyOf(dates[0]!, 2)];
    await world.ledger.create(first, contentOf(1));
    await world.foldingOf().run();
    expect(await readdir(join(world.buckets, 'ledger/events/lane=ontime/bucket=00'))).toEqual([]);
    expect(await world.ledger.create(second, contentOf(2))).toBe('created');
    expect((await seen(world)).map(({ key }) => key)).toEqual([first, second]);
  });

  it('deletes an object from its fold, and replaces none in it', async () => {
    const world = await openFoldable();
    await fill(world, 9);
    await world.foldingOf().run();
    const before = await seen(world);
    const gone = before[1]!.key;
    await world.ledger.delete(gone);
    await world.ledger.delete(gone);
    const after = before.filter(({ key }) => key !== gone);
    expect(await world.ledger.get(gone)).toBeUndefined();
    expect((await collect(world.ledger.list(eventsPrefix))).map(({ key }) => key)).toEqual(
      after.map(({ key }) => key),
    );
    expect(await seen(await openFoldable(world.root))).toEqual(after);
    const overwrite = { Bucket: 'ledger', Key: before[0]!.key, Body: Buffer.from('x') };
    await expect(world.s3.send(new PutObjectCommand(overwrite))).rejects.toMatchObject({
      name: 'MethodNotAllowed',
    });
    for (const { key } of after) await world.ledger.delete(key);
    expect(await seen(world)).toEqual([]);
    expect(await foldsIn(world)).toEqual([]);
  });

  it('gives parts of an object under a condition, as of a file', async () => {
    const world = await openFoldable();
    await fill(world, 1);
    await world.foldingOf().run();
    const Key = keyOf(dates[0]!, 0);
    const { etag } = (await world.ledger.get(Key))!;
    const get = async (more: object) => {
      const command = new GetObjectCommand({ Bucket: 'ledger', Key, ...more });
      const { Body, ContentRange } = (await world.s3.send(command)) as {
        Body: { transformToByteArray(): Promise<Uint8Array> };
        ContentRange: string;
      };
      return [Buffer.from(await Body.transformToByteArray()).toString(), ContentRange];
    };
    const size = contentOf(0).length;
    expect(await get({ Range: 'bytes=2-4', IfMatch: etag })).toEqual(['jec', `bytes 2-4/${size}`]);
    await expect(get({ IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
  });

  it('is seen by another process that had opened the bucket before', async () => {
    const world = await openFoldable();
    const other = await openFoldable(world.root);
    await fill(world, 30);
    const before = await seen(other);
    await world.foldingOf({ manyObjects: 1 }).run();
    expect(await seen(other)).toEqual(before);
    await world.foldingOf({ nowMs: () => Date.parse('2026-11-29T12:00:00Z') }).run();
    expect(await seen(other)).toEqual(before);
  });

  it('deletes no file that somebody reads as a file, until it is released', async () => {
    const world = await openFoldable();
    await fill(world, 9);
    const keys = (await collect(world.ledger.list(eventsPrefix))).map(({ key }) => key);
    const { paths, release } = await world.s3.pathsOf('ledger', keys);
    await world.foldingOf().run();
    for (const path of paths) await readFile(path);
    await release();
    await world.foldingOf().run();
    expect(await filesIn(world)).toHaveLength(3);
  });

  it('leaves an object out of the inventory of objects only if the inventory of folds has its fold', async () => {
    const world = await openFoldable();
    await fill(world, 9);
    const { objects, folds } = world.inventories;
    // A file of an earlier day: that of today is still written to.
    const folder = join(world.buckets, '.inventory', 'ledger');
    const [today] = await readdir(folder);
    await rename(join(folder, today!), join(folder, '2026-01-01'));
    await appendFile(join(folder, '2026-01-01'), `${keyOf(dates[0]!, 100)} 12;\n`);
    await world.foldingOf().run();
    const left = (await collect(objects.all())).map(({ key }) => key);
    expect(left.sort()).toEqual(
      [keyOf(dates[0]!, 100), ...[2, 5, 8].map(n => keyOf(dates[2]!, n, n % 2))].sort(),
    );
    expect((await folds.all()).map(({ name }) => name).sort()).toEqual((await foldsIn(world)).sort());
    expect((await folds.all())[0]!.buckets).toEqual([0, 1]);
  });

  it('stops if the disk is full, and leaves everything as it is', async () => {
    const world = await openFoldable();
    await fill(world, 9);
    const before = await seen(world);
    const step = (name: string) => {
      if (name === 'verify')
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    };
    await world.foldingOf({ step }).run();
    expect(world.logged).toEqual([expect.stringContaining('Folding waits for room on the disk')]);
    expect([await foldsIn(world), await readdir(world.temporary)]).toEqual([[], []]);
    expect(await seen(world)).toEqual(before);
  });

  /** The steps of a run: how often each was taken. */
  const stepsOf = async (prepare: (world: World) => Promise<void>, options: Partial<FoldingOptions>) => {
    const world = await openFoldable();
    await prepare(world);
    let steps = 0;
    await world.foldingOf({ ...options, step: () => void steps++ }).run();
    return steps;
  };

  it.each<[string, (world: World) => Promise<void>, Partial<FoldingOptions>]>([
    ['files', world => fill(world, 6), { manyObjects: 1 }],
    [
      'folds',
      async world => {
        await fill(world, 6);
        await world.foldingOf({ manyObjects: 1 }).run();
        for (let n = 10; n < 14; n++) await world.ledger.create(keyOf(dates[2]!, n), contentOf(n));
        await world.foldingOf({ manyObjects: 1 }).run();
      },
      { nowMs: () => Date.parse('2026-11-29T12:00:00Z') },
    ],
  ])(
    'of %s that is cut at any step leaves every object once, and is finished later',
    async (_, prepare, options) => {
      const steps = await stepsOf(prepare, options);
      expect(steps).toBeGreaterThan(5);
      for (let cut = 1; cut <= steps; cut++) {
        const world = await openFoldable();
        await prepare(world);
        const before = await seen(world);
        let left = cut;
        const step = () => {
          if (--left === 0) throw new Error('cut');
        };
        await world.foldingOf({ ...options, step }).run();
        expect(world.logged.join(), `step ${cut}`).toContain('cut');
        expect(await seen(world), `step ${cut}, the same process`).toEqual(before);
        const again = await openFoldable(world.root);
        expect(await seen(again), `step ${cut}, the next process`).toEqual(before);
        await again.foldingOf(options).run();
        expect(await seen(again), `step ${cut}, finished`).toEqual(before);
        expect(await filesIn(again), `step ${cut}`).toEqual([]);
        expect(await foldsIn(again), `step ${cut}`).toHaveLength(3);
        expect((await again.inventories.folds.all()).map(({ name }) => name).sort()).toEqual(
          (await foldsIn(again)).sort(),
        );
        await rm(world.root, { recursive: true });
      }
    },
  );

  it('never changes what lists, reads and writes see, whatever happens in which order', {
    timeout: 120_000,
  }, async () => {
    const aKey = fc
      .tuple(fc.constantFrom(...dates), fc.nat(12), fc.nat(2), fc.constantFrom('ontime', 'late'))
      .map(parts => keyOf(...parts));
    const anOperation = fc.oneof(
      { weight: 6, arbitrary: fc.record({ create: aKey }) },
      { weight: 1, arbitrary: fc.record({ remove: aKey }) },
      { weight: 2, arbitrary: fc.record({ fold: fc.nat(3), most: fc.integer({ min: 1, max: 9 }) }) },
      { weight: 1, arbitrary: fc.constant({ reopen: true }) },
      {
        weight: 3,
        arbitrary: fc.record({
          list: fc.tuple(aKey, fc.nat(90)).map(([key, length]) => key.slice(0, length)),
          after: fc.option(aKey, { nil: undefined }),
          most: fc.integer({ min: 1, max: 7 }),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anOperation, { minLength: 5, maxLength: 60 }), async operations => {
        let world = await openFoldable();
        const model = new Map<string, string>();
        for (const operation of operations) {
          if ('create' in operation) {
            const text = `text ${model.size}`;
            const created = await world.ledger.create(operation.create, Buffer.from(text));
            expect(created).toBe(model.has(operation.create) ? 'exists' : 'created');
            if (created === 'created') model.set(operation.create, text);
          } else if ('remove' in operation) {
            await world.ledger.delete(operation.remove);
            model.delete(operation.remove);
          } else if ('fold' in operation) {
            const nowMs = () => Date.parse('2026-11-26T12:00:00Z') + operation.fold * 24 * 3_600_000;
            const most = { objects: operation.most, bytes: 1e9 };
            await world.foldingOf({ nowMs, most, manyObjects: 2 }).run();
          } else if ('reopen' in operation) world = await openFoldable(world.root);
          else {
            const { list, after, most } = operation;
            const page = (await world.s3.send(
              new ListObjectsV2Command({ Bucket: 'ledger', Prefix: list, StartAfter: after, MaxKeys: most }),
            )) as { Contents: { Key: string; Size: number }[]; IsTruncated: boolean };
            const expected = [...model.keys()]
              .filter(key => key.startsWith(list) && key > (after ?? ''))
              .sort();
            expect(page.Contents.map(({ Key, Size }) => [Key, Size])).toEqual(
              expected.slice(0, most).map(key => [key, model.get(key)!.length]),
            );
            expect(page.IsTruncated).toBe(expected.length > most);
          }
        }
        expect(world.logged).toEqual([]);
        const objects = await seen(world);
        expect(objects.map(({ key, text }) => [key, text])).toEqual(
          [...model].sort(([a], [b]) => (a < b ? -1 : 1)),
        );
        await rm(world.root, { recursive: true });
      }),
      { numRuns: 60 },
    );
  });
});
