import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const scopes = ['acme', 'globex'];

/** A stopped installation with two events of two customers each, and where the objects of the first lie. */
const stopped = async () => {
  const server = await startServer();
  for (let n = 1; n <= 4; n++)
    await server.post(eventText({ id: uuid(n), scope: { id: scopes[n % 2], type: 't' } }));
  for (const scope_id of scopes) await server.exportLog({ scope_id });
  await server.stop();
  const ledger = join(server.data, 'buckets', 'ledger');
  const objects = (await readdir(ledger, { recursive: true })).filter(name => name.endsWith('.json.gz'));
  return { data: server.data, objects: objects.map(name => join(ledger, name)) };
};

/** Starts again; gives what the export of each customer, and the list of gaps, say. */
const lookAt = async (data: string) => {
  const logged: [string, object | undefined][] = [];
  const server = await startServer({ data, log: (_, message, facts) => void logged.push([message, facts]) });
  const gapsOf = async (scope_id: string) => {
    const { job } = await server.exportLog({ scope_id });
    return job.status === 'succeeded' ? job.gaps : job.status;
  };
  const gaps = [await gapsOf('acme'), await gapsOf('globex')];
  const listed = (await (await server.call('operator', '/v1/gaps')).json()) as {
    gaps: { id: string; kind: string; reason: string }[];
  };
  return { server, gaps, listed: listed.gaps, logged };
};

describe('an object of the ledger', () => {
  it.each([
    ['is gone', (path: string) => rm(path)],
    ['was emptied', (path: string) => truncate(path)],
    ['was cut', (path: string) => truncate(path, 40)],
  ])('that %s is a gap for its own customers, and named in the log', async (_, damage) => {
    const { data, objects } = await stopped();
    const path = objects[0]!;
    const bucket = Number(/bucket=(\d+)/.exec(path)![1]);
    await damage(path);
    const { gaps, listed, logged, server } = await lookAt(data);
    expect(gaps.filter(count => count === 1 || count === 'failed')).toHaveLength(1);
    expect(gaps.filter(count => count === 0)).toHaveLength(1);
    expect(listed).toMatchObject([
      { kind: 'lost', buckets: [bucket], reason: expect.stringContaining('restore it') },
    ]);
    expect(logged).toContainEqual([
      expect.stringContaining('An object of the ledger'),
      expect.objectContaining({ path }),
    ]);
    // It is told once, and no longer once the operator has looked after it.
    const dismissed = await server.call('operator', `/v1/gaps/${listed[0]!.id}/dismiss`, {
      method: 'POST',
      body: JSON.stringify({ reason: 'restored' }),
    });
    expect(dismissed.status).toBe(200);
    await server.stop();
    const again = await lookAt(data);
    expect(again.listed).toEqual([]);
    expect(again.logged.map(([message]) => message)).not.toContainEqual(
      expect.stringContaining('An object of the ledger'),
    );
  });

  it('that was there before there was an inventory is looked for from then on', async () => {
    const { data, objects } = await stopped();
    await rm(join(data, 'buckets', '.inventory'), { recursive: true });
    const first = await lookAt(data);
    expect(first.gaps).toEqual([0, 0]);
    await first.server.stop();
    await rm(objects[0]!);
    expect((await lookAt(data)).listed).toHaveLength(1);
  });

  it('is not missed because the inventory is damaged', async () => {
    const { data } = await stopped();
    const folder = join(data, 'buckets', '.inventory', 'ledger');
    for (const name of await readdir(folder)) {
      const text = await readFile(join(folder, name), 'utf8');
      // Cut within the size that its last line tells.
      await writeFile(join(folder, name), `garbage\n${text.slice(0, -3)}`);
    }
    const { gaps, listed } = await lookAt(data);
    expect([gaps, listed]).toEqual([[0, 0], []]);
  });

  it('that is gone with all others and the inventory is a gap by the count of the watermarks', async () => {
    const { data } = await stopped();
    await rm(join(data, 'buckets', 'ledger'), { recursive: true });
    await rm(join(data, 'buckets', '.inventory'), { recursive: true });
    const { gaps, listed, logged, server } = await lookAt(data);
    expect(gaps).toEqual([1, 1]);
    expect(listed.map(({ reason }) => reason).join()).toContain('rows were filed into it');
    expect(logged.map(([message]) => message).join()).toContain('A bucket of the ledger is empty');
    await server.stop();
    expect((await lookAt(data)).gaps, 'told again at each start').toEqual([1, 1]);
  });
});
