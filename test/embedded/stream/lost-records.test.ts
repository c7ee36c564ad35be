import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { filesNothing, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** Some of each shard. */
const scopes = Array.from({ length: 6 }, (_, n) => `customer-${n}`);

type Server = Awaited<ReturnType<typeof startServer>>;

/** Sends events of several scopes, so that both shards have some. */
const send = async ({ post }: Server, from: number, to: number): Promise<void> => {
  const lines = numbers(from, to).map(n =>
    eventText({ id: uuid(n), scope: { id: scopes[n % scopes.length], type: 't' } }),
  );
  expect((await post(lines.join('\n'), 'application/x-ndjson')).status).toBe(202);
};

const exportAll = async ({ exportLog }: Server) => {
  const { rows, job } = await exportLog(
    { scope_id: undefined, all_scopes: true, reason: 'test' },
    'operator',
  );
  return { ids: rows.map(({ id }) => id).sort(), gaps: job.gaps, status: job.status };
};

/** Waits until nothing is left that was acknowledged and is not filed, the log's own events included. */
const allFiled = async ({ data }: Server): Promise<void> => {
  const numbersIn = async (folder: string, kind: RegExp) =>
    Promise.all(
      (await readdir(folder, { recursive: true }))
        .filter(name => kind.test(name))
        .sort()
        .map(async name =>
          BigInt(
            /"sequence":"(\d+)"|^(\d{20})/
              .exec(await readFile(join(folder, name), 'utf8'))!
              .slice(1)
              .find(Boolean)!,
          ),
        ),
    );
  await eventually(async () =>
    expect(await numbersIn(join(data, 'buckets', 'state', 'watermark'), /\.json$/)).toEqual(
      await numbersIn(join(data, 'acknowledged'), /\d{20}$/),
    ),
  );
};

/** Two installations are made once, and copied for each test. */
const made = new Map<boolean, Promise<string>>();
afterAll(async () => {
  for (const directory of made.values()) await rm(await directory, { recursive: true });
});

const make = async (isFiled: boolean): Promise<string> => {
  const server = await startServer(isFiled ? {} : filesNothing);
  const copy = await mkdtemp(join(tmpdir(), 'annals-made-'));
  await send(server, 1, 10);
  if (isFiled) await allFiled(server);
  await cp(join(server.data, 'stream'), join(copy, 'early', 'stream'), { recursive: true });
  await send(server, 11, 20);
  if (isFiled) await allFiled(server);
  await server.stop();
  await cp(server.data, join(copy, 'data'), { recursive: true, preserveTimestamps: true });
  return copy;
};

/** An installation that has been stopped, with events 1 to 20: filed, or only acknowledged. */
const stopped = async (isFiled: boolean) => {
  if (!made.has(isFiled)) made.set(isFiled, make(isFiled));
  const copy = await temporaryDirectory();
  await cp((await made.get(isFiled))!, copy, { recursive: true, preserveTimestamps: true });
  return { data: join(copy, 'data'), early: join(copy, 'early') };
};

const shard = 'shardId-000000000000';
const segmentOf = async (data: string): Promise<string> => {
  const folder = join(data, 'stream', shard);
  return join(
    folder,
    (await readdir(folder))
      .filter(name => name.endsWith('.log'))
      .sort()
      .at(-1)!,
  );
};

type Damage = (data: string, early: string) => Promise<unknown>;
const damages: [string, Damage][] = [
  [
    'cut in the middle',
    async data => truncate(await segmentOf(data), Math.floor((await stat(await segmentOf(data))).size / 2)),
  ],
  ['emptied', async data => truncate(await segmentOf(data))],
  ['overwritten', async data => writeFile(await segmentOf(data), 'x'.repeat(5000))],
  ['removed', async data => rm(await segmentOf(data))],
  [
    'restored from an older copy',
    (data, early) => cp(join(early, 'stream'), join(data, 'stream'), { recursive: true }),
  ],
  ['gone with the folder of their shard', data => rm(join(data, 'stream', shard), { recursive: true })],
  ['gone with the folder of the stream', data => rm(join(data, 'stream'), { recursive: true })],
];

describe('a start whose segments are', () => {
  it.each(damages)(
    '%s files all that is sent from then on, and lacks nothing that was filed',
    async (_, damage) => {
      const { data, early } = await stopped(true);
      await damage(data, early);
      const server = await startServer({ data });
      await send(server, 21, 80);
      expect(await exportAll(server)).toEqual({
        ids: numbers(1, 80).map(uuid),
        gaps: 0,
        status: 'succeeded',
      });
    },
  );

  it.each(damages)(
    '%s reports what was acknowledged and not filed as a gap, and files all that is sent',
    async (_, damage) => {
      const { data, early } = await stopped(false);
      await damage(data, early);
      const logged: string[] = [];
      const server = await startServer({ data, log: (_, message) => void logged.push(message) });
      await send(server, 21, 80);
      const { ids, gaps } = await exportAll(server);
      expect(gaps).toBeGreaterThan(0);
      expect(ids).toEqual(expect.arrayContaining(numbers(21, 80).map(uuid)));
      expect(logged).toContainEqual(expect.stringContaining('Records that were acknowledged are gone'));
      await server.stop();
      // It is the same gap after another start, and after it was dismissed there is none.
      const again = await startServer({ data });
      expect((await exportAll(again)).gaps).toBe(gaps);
      const { gaps: open } = (await (await again.call('operator', '/v1/gaps')).json()) as {
        gaps: { id: string; kind: string }[];
      };
      expect(new Set(open.map(({ kind }) => kind))).toEqual(new Set(['lost']));
    },
  );

  it.each(damages)(
    '%s, of an installation that did not note yet what it acknowledged, files all that is sent',
    async (_, damage) => {
      const { data, early } = await stopped(true);
      await rm(join(data, 'acknowledged'), { recursive: true });
      for (const name of await readdir(join(data, 'checkpoints'))) {
        const path = join(data, 'checkpoints', name);
        const { sequence } = JSON.parse(await readFile(path, 'utf8')) as { sequence: string };
        await writeFile(path, JSON.stringify({ sequence }));
      }
      await damage(data, early);
      const server = await startServer({ data });
      await send(server, 21, 80);
      const { ids, gaps } = await exportAll(server);
      expect(ids).toEqual(numbers(1, 80).map(uuid));
      // Nobody can tell whether more had been acknowledged than was filed.
      expect(gaps).toBeGreaterThan(0);
    },
  );
});

describe('a stream that has lost what waits for it', () => {
  it('lets an export that was open come to its end', async () => {
    const first = await startServer(filesNothing);
    await send(first, 1, 10);
    const asked = await first.request({ all_scopes: true, reason: 'test' }, 'operator');
    const { id } = (await asked.json()) as { id: string };
    await first.stop();
    await rm(join(first.data, 'stream'), { recursive: true });
    const second = await startServer({ data: first.data });
    const { status, gaps } = await second.finished(id, 'operator');
    expect(status).toBe('succeeded');
    expect(gaps).toBeGreaterThan(0);
  });

  it('reports a segment that is gone from the middle, and files those on both sides', async () => {
    const small = { stream: { segmentBytes: 1 } };
    const first = await startServer({ ...filesNothing, ...small });
    for (const n of numbers(1, 12)) await send(first, n, n);
    await first.stop();
    const folder = join(first.data, 'stream', shard);
    const names = (await readdir(folder)).sort();
    await rm(join(folder, names[Math.floor(names.length / 2)]!));
    const second = await startServer({ data: first.data, ...small });
    await send(second, 13, 20);
    const { ids, gaps } = await exportAll(second);
    expect(gaps).toBeGreaterThan(0);
    expect(ids.length).toBeGreaterThanOrEqual(18);
    expect(ids).toEqual(expect.arrayContaining(numbers(13, 20).map(uuid)));
  });

  it('does not start on a damaged segment that is to be filed, and says which', async () => {
    const small = { stream: { segmentBytes: 1 } };
    const first = await startServer({ ...filesNothing, ...small });
    for (const n of numbers(1, 12)) await send(first, n, n);
    await first.stop();
    const folder = join(first.data, 'stream', shard);
    const path = join(folder, (await readdir(folder)).sort()[0]!);
    await writeFile(path, 'x'.repeat(5000));
    await expect(startServer({ data: first.data, ...small })).rejects.toThrow(
      `The segment ${path} is damaged at byte 0: its record cannot be read. Restore it from a copy, or move it away`,
    );
    await rename(path, `${path}.away`);
    expect((await exportAll(await startServer({ data: first.data, ...small }))).gaps).toBeGreaterThan(0);
  });
});

describe('a checkpoint', () => {
  const checkpointOf = (data: string) => join(data, 'checkpoints', `${shard}.json`);
  it.each([
    ['empty', ''],
    ['cut in the middle', '{"stream":"annals@20'],
    ['garbage', '\u0000\u0001x'],
    ['of another shape', '[]'],
    ['null', 'null'],
    ['far ahead', JSON.stringify({ sequence: '5000' })],
    [
      'of another stream',
      JSON.stringify({ stream: 'annals@2026-01-01T00:00:00.000000000Z', sequence: '5000' }),
    ],
    ['old', JSON.stringify({ sequence: '1' })],
    ['missing', undefined],
  ])('that is %s loses nothing and doubles nothing', async (_, text) => {
    for (const isFiled of [true, false]) {
      const { data } = await stopped(isFiled);
      if (text === undefined) await rm(checkpointOf(data), { force: true });
      else await writeFile(checkpointOf(data), text);
      const server = await startServer({ data });
      await send(server, 21, 80);
      expect(await exportAll(server)).toEqual({
        ids: numbers(1, 80).map(uuid),
        gaps: 0,
        status: 'succeeded',
      });
      await server.stop();
    }
  });

  it('is reported if it is damaged', async () => {
    const { data } = await stopped(true);
    await writeFile(checkpointOf(data), '{');
    const logged: [string, object | undefined][] = [];
    await startServer({ data, log: (_, message, facts) => void logged.push([message, facts]) });
    await eventually(() =>
      expect(logged).toContainEqual([
        expect.stringContaining('A checkpoint is damaged'),
        { path: checkpointOf(data) },
      ]),
    );
  });
});

describe('a watermark', () => {
  const watermarkOf = async (data: string) => {
    const folder = join(data, 'buckets', 'state', 'watermark');
    return join(folder, (await readdir(folder))[0]!, `${shard}.json`);
  };

  it.each(['', '{"sequence":"3', 'garbage', 'null', '{"sequence":"7","filed":null}'])(
    'that is damaged refuses the start, which names it and the cure: %j',
    async text => {
      const { data } = await stopped(true);
      const path = await watermarkOf(data);
      await writeFile(path, text);
      const refused = startServer({ data });
      await expect(refused).rejects.toThrow(`The record ${path} cannot be read`);
      await expect(refused).rejects.toThrow('Restore it from a copy; without one, delete it');
      // What the message says to do helps.
      await rm(path);
      const server = await startServer({ data });
      await send(server, 21, 80);
      expect(await exportAll(server)).toMatchObject({ ids: numbers(1, 80).map(uuid), gaps: 0 });
    },
  );

  it('that is older than the segments has them filed again, and nothing doubled', async () => {
    const first = await startServer();
    await send(first, 1, 10);
    await exportAll(first);
    const path = await watermarkOf(first.data);
    const old = await readFile(path);
    await send(first, 11, 20);
    await exportAll(first);
    await first.stop();
    await writeFile(path, old);
    const server = await startServer({ data: first.data });
    await send(server, 21, 80);
    expect(await exportAll(server)).toEqual({ ids: numbers(1, 80).map(uuid), gaps: 0, status: 'succeeded' });
  });
});

describe('stream.json', () => {
  it.each([
    ['empty', ''],
    ['cut in the middle', '{"name":"annals","createdAt":17'],
    ['garbage', 'garbage'],
    ['null', 'null'],
    ['without shards', '{"name":"annals","createdAt":1790000000000,"shards":[]}'],
  ])('that is %s refuses the start, which names it and the cure', async (_, text) => {
    const { data } = await stopped(true);
    const path = join(data, 'stream', 'stream.json');
    await writeFile(path, text);
    await expect(startServer({ data })).rejects.toThrow(`${path} is damaged`);
    await rename(join(data, 'stream'), join(data, 'away'));
    await startServer({ data });
  });

  it('that is missing beside the records of its shards refuses the start', async () => {
    const { data } = await stopped(true);
    await rm(join(data, 'stream', 'stream.json'));
    await expect(startServer({ data })).rejects.toThrow('stream.json is missing, though the records of');
  });

  it('that is older than a split refuses the start', async () => {
    const { data } = await stopped(true);
    const path = join(data, 'stream', 'stream.json');
    const description = JSON.parse(await readFile(path, 'utf8')) as { shards: object[] };
    await writeFile(path, JSON.stringify({ ...description, shards: description.shards.slice(0, 1) }));
    await expect(startServer({ data })).rejects.toThrow(
      `${path} does not know shardId-000000000001, whose records lie beside it`,
    );
  });

  it('need not know the folder of a split that was cut short', async () => {
    const { data } = await stopped(true);
    await mkdir(join(data, 'stream', 'shardId-000000000002'));
    await startServer({ data });
  });
});

describe('the keys', () => {
  it.each(['', '{"emitter":"abcdef', 'garbage', 'null', '{"emitter":"short"}'])(
    'that are damaged refuse the start, which names their file and quotes nothing of it: %j',
    async text => {
      const { data } = await stopped(true);
      for (const name of ['keys.json', 'token-key']) {
        const path = join(data, name);
        const whole = await readFile(path);
        await writeFile(path, text);
        const message = await startServer({ data }).catch((error: Error) => error.message);
        expect(message).toContain(`The file ${path} is damaged. Restore it from a copy, or delete it`);
        expect(message).not.toContain('abcdef');
        await writeFile(path, whole);
      }
    },
  );

  it('that are gone are made again, which is logged', async () => {
    const { data } = await stopped(true);
    const path = join(data, 'keys.json');
    await rm(path);
    const logged: unknown[] = [];
    await startServer({ data, log: (...line) => void logged.push(line) });
    expect(logged).toContainEqual(['warn', expect.stringContaining('A file of secrets is gone'), { path }]);
  });
});
