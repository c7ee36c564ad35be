import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Expiry, resultsKeptMs } from '#embedded/storage/expiry.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';
import { collect, openBuckets } from '#test/support/world.ts';

const day = 24 * 3_600_000;

/** Every file below a folder of the data directory, as a path from there. */
const filesIn = async (root: string): Promise<string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
    .sort();

const age = async (root: string, names: readonly string[], ms: number): Promise<void> => {
  const then = new Date(Date.now() - ms);
  for (const name of names) await utimes(join(root, name), then, then);
};

describe('the files of results', () => {
  it('are deleted after thirty days with their headers, and nothing else is', async () => {
    const { data, stop, post, exportLog } = await startServer();
    await post(eventText());
    const old = (await exportLog()).job.id;
    await stop();
    // Left by a process that ended between the two.
    for (const name of ['results/athena/left.csv', 'results/leases/left.json', '.headers/results/left']) {
      await mkdir(dirname(join(data, 'buckets', name)), { recursive: true });
      await writeFile(join(data, 'buckets', name), 'left');
    }
    // As old as that is everything of the installation, its log and its state.
    await age(data, await filesIn(data), resultsKeptMs + 2 * day);
    const isResult = (name: string) => /^buckets\/(\.headers\/)?results\//.test(name);
    const kept = (await filesIn(data)).filter(
      name => !isResult(name) && !/^(lock|tmp|stream|acknowledged|checkpoints|server)/.test(name),
    );
    expect((await filesIn(data)).filter(isResult).length).toBeGreaterThan(5);

    const again = await startServer({ data });
    await eventually(async () => expect((await filesIn(data)).filter(isResult)).toEqual([]));
    expect(await filesIn(data)).toEqual(expect.arrayContaining(kept));
    for (const file of ['download', 'manifest']) {
      const gone = await again.call('operator', `/v1/exports/${old}/${file}`);
      expect([gone.status, await gone.json()]).toMatchObject([410, { code: 'expired' }]);
    }
    // What is asked for from then on is there.
    const { rows } = await again.exportLog();
    expect(rows).toHaveLength(1);
    expect(await readdir(join(data, 'buckets', 'results', 'exports'))).toHaveLength(1);
  });

  it('are kept until then', async () => {
    const { root, results } = await openBuckets();
    await results.create('exports/a/0/audit-log.csv', Buffer.from('x'), { contentDisposition: 'attachment' });
    const expiry = new Expiry(results, join(root, 'buckets', '.headers', 'results'));
    await expiry.run(Date.now() + resultsKeptMs - day);
    expect(await collect(results.list(''))).toHaveLength(1);
    expect(await readdir(join(root, 'buckets', '.headers', 'results'))).toHaveLength(1);
    await expiry.run(Date.now() + resultsKeptMs + day);
    expect(await collect(results.list(''))).toEqual([]);
    expect(await readdir(join(root, 'buckets', '.headers', 'results'))).toEqual([]);
  });

  it('are checked a thousand at a time, and all of them in the end', async () => {
    const { root, results } = await openBuckets();
    const folder = join(root, 'buckets', 'results', 'athena');
    await mkdir(folder);
    const names = Array.from({ length: 2500 }, (_, n) => `${String(n).padStart(4, '0')}.csv`);
    for (const name of names) await writeFile(join(folder, name), '');
    const expiry = new Expiry(results, join(root, 'none'));
    const later = Date.now() + resultsKeptMs + day;
    for (const left of [1500, 500, 0]) {
      await expiry.run(later);
      expect(await readdir(folder)).toHaveLength(left);
    }
    // It begins anew.
    await writeFile(join(folder, '0000.csv'), '');
    await expiry.run(later);
    expect(await readdir(folder)).toEqual([]);
  });
});
