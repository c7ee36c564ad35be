import { spawnSync } from 'node:child_process';
import { cp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { movableClock } from '#test/support/clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

type Server = Awaited<ReturnType<typeof startServer>>;

const hourMs = 3_600_000;
const scopes = ['s-1', 's-2', 's-3', 's-4', 's-5'];
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
/** Nothing is compacted, so that what is damaged stays so. */
const compactsNothing = { buckets: 2, compactMs: 24 * hourMs };
const compacts = { buckets: 2, compactMs: 50, tickMs: 200 };

const health = async ({ call }: Server): Promise<Api<'Health'>> =>
  (await (await call(undefined, '/healthz')).json()) as Api<'Health'>;

const mended = (expectation: () => Promise<void>): Promise<void> =>
  vi.waitFor(expectation, { timeout: 120_000, interval: 300 });

const compactedUpTo = (server: Server, clock: { aheadMs: number }, date: string): Promise<void> =>
  mended(async () => {
    clock.aheadMs += 600_000;
    expect((await health(server)).compacted_to ?? '').toSatisfy((day: string) => day >= date);
  });

/** A data directory with four days that are compacted and folded, and what is filed later. */
const compacted = async (clock: { aheadMs: number }) => {
  const server = await startServer({ ...compacts, folding: { everyMs: 100, nowMs: Date.now } });
  let n = 0;
  for (let day = 0; day < 5; day++) {
    const lines = Array.from({ length: 30 }, () => {
      n += 1;
      return eventText({
        id: uuid(n),
        occurred_at: new Date(Date.now() - 1000 - (n % 4 === 0 ? 50 * hourMs : 0)).toISOString(),
        scope: { id: scopes[n % scopes.length], type: 't' },
        payload: { text: `event ${n} ${'of some length '.repeat(n % 9)}` },
      });
    });
    expect((await server.post(lines.join('\n'), 'application/x-ndjson')).status).toBe(202);
    await server.exportLog({ scope_id: undefined }, 'operator');
    if (day < 4) clock.aheadMs += 24 * hourMs;
  }
  const last = new Date(Date.now() - 24 * hourMs).toISOString().slice(0, 10);
  await compactedUpTo(server, clock, last);
  await eventually(async () =>
    expect((await readdir(join(server.data, 'buckets/.folds/ledger'))).length).toBeGreaterThan(3),
  );
  const all = await readAll(server);
  await server.stop();
  return { data: server.data, last, all };
};

/** Every event that was sent: as an export has them, and as a look into the log does. */
const readAll = async (server: Server) => {
  const { rows, job } = await server.exportLog({ scope_id: undefined }, 'operator');
  const browsed: Record<string, unknown>[] = [];
  let cursor: string | null = null;
  do {
    const asked = new URLSearchParams({ all_scopes: 'true', reason: 'test', limit: '61' });
    if (cursor !== null) asked.set('cursor', cursor);
    const answer = await server.call('operator', `/v1/events?${asked}`);
    expect(answer.status).toBe(200);
    const page = (await answer.json()) as Api<'Events'>;
    browsed.push(...page.events.filter(({ action }) => !action.startsWith('audit_log.')));
    cursor = page.cursor;
  } while (cursor !== null);
  return { rows, gaps: job.gaps, browsed: browsed.reverse() };
};

const filesBelow = async (root: string): Promise<string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
const segmentsOf = (data: string) => filesBelow(join(data, 'buckets/views/segments'));
const stateOf = async (data: string, name: string): Promise<string> =>
  (await filesBelow(join(data, 'buckets/state'))).find(path => path.endsWith(name))!;
/** The largest: it holds most rows. */
const aSegment = async (data: string): Promise<string> => {
  const all = await segmentsOf(data);
  const sizes = await Promise.all(all.map(async path => (await readFile(path)).length));
  return all[sizes.indexOf(Math.max(...sizes))]!;
};
const flipped = (bytes: Buffer, part = 3): Buffer => {
  const other = Buffer.from(bytes);
  other[Math.floor(bytes.length / part)]! ^= 4;
  return other;
};

/** Writes other bytes into the same file, which keeps its times to the nanosecond. */
const rot = async (path: string, bytes: Buffer): Promise<void> => {
  const times = `${path}.times`;
  await writeFile(times, '');
  expect(spawnSync('touch', ['-r', path, times]).status).toBe(0);
  const handle = await open(path, 'r+');
  await handle.write(bytes, 0, bytes.length, 0);
  await handle.close();
  expect(spawnSync('touch', ['-r', times, path]).status).toBe(0);
  await rm(times);
};

type Damage = {
  make(data: string): Promise<unknown>;
  /** What the log says of it. */
  said: RegExp;
  /** What an operator does, if compaction does not mend it. */
  cure?: (data: string) => Promise<unknown>;
};

/** Marks the day of a segment. */
const rebuildDayOf = async (data: string, path: string): Promise<void> => {
  const [, bucket, date] = /bucket=(\d+)\/date=([\d-]+)/.exec(path)!;
  const marked = await annals(['rebuild', '--bucket', bucket!, '--date', date!, '--data', data]);
  expect(marked).toMatchObject({ code: 0 });
};

const ofSegments = /Segments cannot be used, and the ledger is read in their place/;
const damages: Record<string, Damage> = {
  'a segment that is cut': {
    make: async data => {
      const path = await aSegment(data);
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length - 100));
    },
    said: ofSegments,
  },
  'a segment with a flipped bit': {
    make: async data => {
      const path = await aSegment(data);
      await writeFile(path, flipped(await readFile(path)));
    },
    said: ofSegments,
  },
  'a segment that is gone': { make: async data => rm(await aSegment(data)), said: ofSegments },
  'a segment with the content of another': {
    make: async data => {
      const path = await aSegment(data);
      const other = (await segmentsOf(data)).find(one => one !== path)!;
      await cp(other, path);
    },
    said: ofSegments,
  },
  'a foreign file beside a segment': {
    make: async data => {
      const path = await aSegment(data);
      await cp(path, join(dirname(path), '7-00000000.parquet'));
    },
    said: ofSegments,
  },
  'all views gone': {
    make: data => rm(join(data, 'buckets/views'), { recursive: true }),
    said: ofSegments,
  },
  'a record of facts that is damaged': {
    make: async data => writeFile(await factsOf(data), '{"format":1,"days":'),
    said: /damaged|cannot be read from its segments/,
    cure: async data => rm(await factsOf(data)),
  },
  'a record of facts that is gone': {
    make: async data => rm(await factsOf(data)),
    said: /./,
  },
  'a record of compaction that is damaged': {
    make: async data => writeFile(await stateOf(data, 'compaction.json'), '{"format":1}'),
    said: /damaged|cannot be read from its segments/,
    cure: async data => rm(await stateOf(data, 'compaction.json')),
  },
};

const factsOf = async (data: string): Promise<string> =>
  (await filesBelow(join(data, 'buckets/state'))).find(path =>
    /compact\/bucket=\d+\/.*\d{4}-\d\d/.test(path),
  )!;

const check = async (data: string) =>
  JSON.parse((await annals(['check', '--data', data, '--json'])).out) as {
    is_whole: boolean;
    findings: object;
  };

describe('damaged views', () => {
  it('change no answer, are in the log, and are mended', { timeout: 900_000 }, async () => {
    const clock = movableClock();
    const { data, last, all } = await compacted(clock);
    expect(all.rows).toHaveLength(150);
    expect(all.browsed).toHaveLength(150);
    const faults: string[] = [];
    const { aheadMs } = clock;
    const prove = async ([name, { make, said, cure }]: [string, Damage]): Promise<void> => {
      // By the clock of the disk all files are of today, and must not expire.
      clock.aheadMs = aheadMs;
      const copy = join(await temporaryDirectory(), 'data');
      await cp(data, copy, { recursive: true, preserveTimestamps: true });
      await make(copy);
      const logged: string[] = [];
      const log = (level: string, message: string, facts?: object) =>
        void (level === 'error' && logged.push(`${message} ${JSON.stringify(facts)}`));
      const server = await startServer({ ...compactsNothing, data: copy, log });
      const read = await readAll(server);
      await server.stop();
      if (JSON.stringify(read) !== JSON.stringify(all)) faults.push(`${name}: the answer differs`);
      if (!logged.some(line => said.test(line))) faults.push(`${name}: the log says ${logged.join()}`);
      await cure?.(copy);
      // Every day is listed again once a week.
      clock.aheadMs += 8 * 24 * hourMs;
      const mending = await startServer({ ...compacts, data: copy });
      await mended(async () => {
        clock.aheadMs += 600_000;
        expect(await check(copy)).toMatchObject({ is_whole: true });
        expect((await health(mending)).compacted_to ?? '').toSatisfy((day: string) => day >= last);
      }).catch(
        async error =>
          void faults.push(`${name}: not mended, ${error}, ${JSON.stringify(await check(copy))}`),
      );
      await mending.stop();
    };
    // One after another, since they move the clock.
    for (const damage of Object.entries(damages)) await prove(damage);
    clock.aheadMs = aheadMs;
    expect(faults).toEqual([]);
    // What rots on a disk keeps its size and its time.
    const path = await aSegment(data);
    const whole = await readFile(path);
    for (const part of [5, 4, 3, 2.5, 2]) {
      await rot(path, flipped(whole, part));
      const server = await startServer({ ...compactsNothing, data });
      const read = await readAll(server);
      await server.stop();
      if (JSON.stringify(read) !== JSON.stringify(all))
        faults.push(`rotten at 1/${part}: the answer differs`);
    }
    expect(await check(data)).toMatchObject({ is_whole: false });
    await rebuildDayOf(data, path);
    const mending = await startServer({ ...compacts, data });
    await mended(async () => {
      clock.aheadMs += 600_000;
      expect(await check(data)).toMatchObject({ is_whole: true });
      expect((await health(mending)).compacted_to ?? '').toSatisfy((day: string) => day >= last);
    });
    expect(faults).toEqual([]);
  });
});
