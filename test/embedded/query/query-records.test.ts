import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Execution, QueryRecords } from '#embedded/query/query-records.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const quiet = () => undefined;
const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const running = (n: number): Execution => ({
  id: id(n),
  state: 'RUNNING',
  submittedAt: 5,
  bytesScanned: 0,
  query: 'q',
});

describe('the records of queries', () => {
  it('say that a query which another process left running has failed, and nothing of other queries', async () => {
    const root = await temporaryDirectory();
    const first = new QueryRecords(root, root, quiet);
    await first.save(running(1));
    await first.save({ ...running(2), state: 'SUCCEEDED', completedAt: 6 });
    expect(await first.load(id(1))).toEqual(running(1));
    const next = new QueryRecords(root, root, quiet);
    expect(await next.load(id(1))).toMatchObject({
      state: 'FAILED',
      reason: 'The process that ran the query ended',
    });
    expect((await next.load(id(2)))?.state).toBe('SUCCEEDED');
    expect(await next.load(id(3))).toBeUndefined();
    await next.save(running(1));
    expect((await next.load(id(1)))?.state).toBe('RUNNING');
  });

  it('are RUNNING until the end is written, never FAILED in between', async () => {
    const root = await temporaryDirectory();
    const records = new QueryRecords(root, root, quiet);
    await records.save(running(1));
    const saved = records.save({ ...running(1), state: 'SUCCEEDED', completedAt: 6 });
    const states = new Set<string>();
    for (let n = 0; n < 50; n++) states.add((await records.load(id(1)))!.state);
    await saved;
    states.add((await records.load(id(1)))!.state);
    expect(states).not.toContain('FAILED');
    expect(states).toContain('SUCCEEDED');
  });

  it('are never FAILED to who reads while the end is written, and finds that it was just written', async () => {
    const root = await temporaryDirectory();
    const records = new QueryRecords(root, root, quiet);
    const states = new Set<string>();
    for (let n = 0; n < 40; n++) {
      await records.save(running(n));
      let isSaved = false;
      const saved = records.save({ ...running(n), state: 'SUCCEEDED', completedAt: 6 }).then(() => {
        isSaved = true;
      });
      const loads: Promise<Execution | undefined>[] = [];
      while (!isSaved) {
        loads.push(records.load(id(n)));
        await new Promise(resolve => setImmediate(resolve));
      }
      await saved;
      for (const execution of await Promise.all(loads)) states.add(execution!.state);
    }
    expect([...states].sort()).toEqual(['RUNNING', 'SUCCEEDED']);
  });

  it('are deleted once they are old', async () => {
    const root = await temporaryDirectory();
    const records = new QueryRecords(root, root, quiet);
    await records.save(running(1));
    await records.save(running(2));
    await utimes(join(root, `${id(1)}.json`), 100, 100);
    await records.expire(Date.now(), 3_600_000);
    expect(await readdir(root)).toEqual([`${id(2)}.json`]);
  });
});
