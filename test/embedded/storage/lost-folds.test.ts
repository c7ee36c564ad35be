import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** Today counts as closed, so that everything is folded. */
const folding = { everyMs: 20, nowMs: () => Date.now() + 3 * 24 * 3_600_000 };

/** A stopped installation whose events are all in a fold. */
const stopped = async () => {
  const server = await startServer({ folding });
  for (let n = 1; n <= 4; n++) {
    await server.post(eventText({ id: uuid(n), scope: { id: 'acme', type: 't' } }));
    await server.exportLog({ scope_id: 'acme' });
  }
  const folder = join(server.data, 'buckets', '.folds', 'ledger');
  const names = () => readdir(folder).catch(() => []);
  await eventually(async () => {
    const files = await readdir(join(server.data, 'buckets', 'ledger'), { recursive: true });
    expect(files.filter(name => name.endsWith('.json.gz'))).toEqual([]);
    expect(await names()).toHaveLength(1);
  });
  await server.stop();
  return { data: server.data, path: join(folder, (await names())[0]!) };
};

const lookAt = async (data: string) => {
  const logged: [string, object | undefined][] = [];
  const server = await startServer({
    data,
    // Nothing more is folded.
    folding: { everyMs: 3_600_000, manyObjects: 1e6 },
    log: (_, message, facts) => void logged.push([message, facts]),
  });
  const { job, rows } = await server.exportLog({ scope_id: 'acme' });
  const { gaps } = (await (await server.call('operator', '/v1/gaps')).json()) as {
    gaps: { kind: string; reason: string; buckets: number[] }[];
  };
  await server.stop();
  return { job, rows, gaps, logged };
};

describe('a fold of the ledger', () => {
  it('is exported as the objects in it were', async () => {
    const { data } = await stopped();
    const { rows, gaps, job } = await lookAt(data);
    expect([rows.map(({ id }) => id), gaps, job.gaps]).toEqual([[1, 2, 3, 4].map(uuid), [], 0]);
  });

  it.each([
    ['is gone', (path: string) => rm(path)],
    ['was emptied', (path: string) => truncate(path)],
    ['was cut', (path: string) => truncate(path, 700)],
  ])('that %s is a gap for the customers in it, and is named in the log', async (_, damage) => {
    const { data, path } = await stopped();
    await damage(path);
    const { gaps, logged, job } = await lookAt(data);
    expect(job).toMatchObject({ status: 'succeeded', gaps: 1 });
    expect(gaps).toMatchObject([{ kind: 'lost', buckets: [expect.any(Number)] }]);
    expect(gaps[0]!.reason).toMatch(/The fold .* (is gone|has \d+ bytes instead of \d+).*restore it/);
    expect(logged).toContainEqual([
      expect.stringContaining('A fold of the ledger'),
      expect.objectContaining({ path }),
    ]);
    expect((await lookAt(data)).gaps, 'the same gap at the next start').toHaveLength(1);
  });

  it('of which only the index is damaged is exported as before', async () => {
    const { data, path } = await stopped();
    const bytes = await readFile(path);
    bytes[bytes.length - 30]! ^= 1;
    await writeFile(path, bytes);
    const { rows, gaps } = await lookAt(data);
    expect([rows.map(({ id }) => id), gaps]).toEqual([[1, 2, 3, 4].map(uuid), []]);
  });

  it('in which an object is damaged fails the exports that read it, and the log names the fold', async () => {
    const { data, path } = await stopped();
    const bytes = await readFile(path);
    const at = bytes.indexOf(Buffer.from([0x1f, 0x8b]));
    bytes[at + 60]! ^= 1;
    await writeFile(path, bytes);
    const { job, logged } = await lookAt(data);
    expect(job.status).toBe('failed');
    expect(JSON.stringify(logged)).toContain(path);
  });

  it('is looked for although the inventory was lost', async () => {
    const { data, path } = await stopped();
    await rm(join(data, 'buckets', '.inventory'), { recursive: true });
    expect((await lookAt(data)).gaps).toEqual([]);
    await rm(path);
    expect((await lookAt(data)).gaps).toHaveLength(1);
  });
});
