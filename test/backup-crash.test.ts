import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** A few times in the suite, more by `ANNALS_KILLS=10 npx vitest run test/backup-crash.test.ts`. */
const kills = Number(process.env.ANNALS_KILLS ?? 3);
const root = join(import.meta.dirname, '..');
const buckets = 4;

/** Runs a command, and kills it after a while; its exit code, or null if it was killed. */
const killed = async (args: readonly string[], afterMs: number): Promise<number | null> => {
  const child = spawn(process.execPath, [join(root, 'cli/annals.js'), ...args], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  return code;
};

describe('kill -9', () => {
  it(`${kills} times at random moments of a backup, and of a restore, leaves every backup whole, and each event once`, {
    timeout: 120_000 + kills * 60_000,
  }, async () => {
    const server = await startServer({ buckets, folding: { everyMs: 100, manyObjects: 2 } });
    const folder = await temporaryDirectory();
    const [backups, restored] = [join(folder, 'backups'), join(folder, 'restored')];
    const acknowledged: string[] = [];
    let isOver = false;
    let n = 0;
    const sending = (async () => {
      while (!isOver) {
        const id = `00000000-0000-4000-8000-${String(++n).padStart(12, '0')}`;
        const occurred_at = new Date(Date.now() - 1000).toISOString();
        const text = eventText({ id, occurred_at, scope: { id: `s-${n % 5}`, type: 'account' } });
        expect((await server.post(text)).status).toBe(202);
        acknowledged.push(id);
      }
    })();
    const make = ['backup', backups, '--data', server.data, '--keep', '2'];
    /** How long the last one took that was not killed, so that the kills are spread over it. */
    let takesMs = 0;
    let unfinished = 0;
    const makeOne = async (afterMs: number): Promise<void> => {
      const started = performance.now();
      const code = await killed(make, afterMs);
      if (code === null) unfinished += 1;
      else expect(code).toBe(0);
      if (code !== null) takesMs = performance.now() - started;
    };
    await makeOne(300_000);
    for (let tries = 0; unfinished < kills && tries < 10 * kills; tries++) {
      await makeOne(Math.random() * takesMs);
      const verified = await annals(['backup', backups, '--verify', '--json']);
      expect(verified.code, verified.err + verified.out).toBe(0);
    }
    expect(unfinished).toBe(kills);
    const before = [...acknowledged];
    const last = await annals([...make, '--json']);
    expect(last.code, last.err).toBe(0);
    isOver = true;
    await sending;
    await server.stop();
    expect(await readdir(join(backups, 'tmp'))).toEqual([]);
    expect((await readdir(join(backups, 'backups'))).length).toBe(2);
    const make2 = ['restore', backups, restored];
    const began = performance.now();
    expect(await killed(['restore', backups, `${restored}-whole`], 300_000)).toBe(0);
    const restoreMs = performance.now() - began;
    let code: number | null = null;
    for (let round = 0; round < kills && code === null; round++)
      code = await killed(make2, ((round + Math.random()) / kills) * restoreMs);
    if (code === null) expect(await annals(make2)).toMatchObject({ code: 0 });
    const copy = await startServer({ data: restored, buckets });
    const { rows, whole } = await copy.exportLog({ scope_id: undefined }, 'operator');
    const ids = rows.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(before.filter(id => !ids.includes(id))).toEqual([]);
    expect(ids.filter(id => !acknowledged.includes(id))).toEqual([]);
    expect(whole).toMatchObject({ gaps: buckets, duplicates: 0, conflicts: 0, reused_ids: 0 });
    await copy.stop();
    expect(await annals(['check', '--data', restored])).toMatchObject({ code: 0 });
    process.stdout.write(`${kills} kills, ${unfinished} unfinished backups: ${ids.length} events\n`);
  });
});
