import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Role } from '#embedded/access/keys.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { contentOf, openFoldable } from '#test/support/folded-bucket.ts';
import { launchInstallation, readIfThere } from '#test/support/installation-process.ts';
import { callers } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/**
 * How often the process is killed: a few times in the suite, more by `ANNALS_KILLS=20 npx vitest run
 * test/crash.test.ts`.
 */
const kills = Number(process.env.ANNALS_KILLS ?? 3);
const senders = 4;

/** Every object that is in a bucket, with its text. */
const textsIn = async ({ ledger }: Awaited<ReturnType<typeof openFoldable>>): Promise<string[]> => {
  const texts: string[] = [];
  for await (const { key } of ledger.list('events/')) texts.push((await ledger.get(key))!.bytes.toString());
  return texts;
};

describe('kill -9', () => {
  it(`${kills} times at random moments while objects are put and folded leaves each of them once`, {
    timeout: 60_000 + kills * 15_000,
  }, async () => {
    const folder = await temporaryDirectory();
    const script = join(import.meta.dirname, 'support/folding-process.ts');
    let put = 0;
    let folds = 0;
    for (let round = 0; round < kills; round++) {
      const args = ['--import', 'tsx', script, folder, String(put)];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      let printed = '';
      let complaints = '';
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString();
      });
      child.stderr.on('data', (chunk: Buffer) => {
        complaints += chunk.toString();
      });
      const before = put;
      await eventually(() => {
        expect([child.exitCode, complaints]).toEqual([null, '']);
        expect(printed.split('\n').length).toBeGreaterThan(30);
      });
      await new Promise(resolve => setTimeout(resolve, Math.random() * 300));
      child.kill('SIGKILL');
      await once(child, 'close');
      const acknowledged = printed.split('\n').filter(line => /^\d+$/.test(line)).length;
      const world = await openFoldable(folder);
      const texts = await textsIn(world);
      // The last may have been put without being told.
      put = texts.length;
      expect([0, 1]).toContain(put - before - acknowledged);
      const expected = Array.from({ length: put }, (_, n) => contentOf(n).toString());
      expect([...texts].sort()).toEqual(expected.sort());
      expect(world.damages).toEqual([]);
      expect(complaints).toBe('');
      folds = (await world.inventories.folds.all()).length;
    }
    expect(folds).toBeGreaterThan(0);
    const world = await openFoldable(folder);
    await world.foldingOf({ nowMs: () => Date.parse('2026-11-30T12:00:00Z') }).run();
    expect(await textsIn(world)).toHaveLength(put);
    expect(world.logged).toEqual([]);
  });

  it(`${kills} times at random moments while events are being sent loses nothing that was ` +
    'acknowledged, and doubles nothing', {
    timeout: 300_000 + kills * 15_000,
  }, async () => {
    const data = await temporaryDirectory();
    const acknowledged: string[] = [];
    const unanswered: string[][] = [];
    let attempts = 0;
    let n = 0;
    const next = () => `00000000-0000-4000-8000-${String(++n).padStart(12, '0')}`;
    for (let round = 0; round < kills; round++) {
      const { child, url } = await launchInstallation(data);
      const { post, ask } = callers(url, readIfThere<Record<Role, string>>(join(data, 'keys.json'))!);
      let isDead = false;
      const send = async (): Promise<void> => {
        while (!isDead) {
          // What was not answered is sent again, as a client would: it may have been stored.
          const ids = unanswered.pop() ?? Array.from({ length: 1 + (n % 7) }, next);
          attempts += ids.length;
          try {
            const { events } = await post(
              ids
                .map(id => eventText({ id, scope: { id: `s-${Number(id.slice(-2)) % 3}`, type: 't' } }))
                .join('\n'),
              'application/x-ndjson',
            );
            acknowledged.push(...events.map(({ id }) => id));
          } catch {
            // The process is gone.
            unanswered.push(ids);
            return;
          }
        }
      };
      const running = Array.from({ length: senders }, send);
      // An export in progress is killed too.
      const asking = ask({ scope_id: 's-1', requested_by: 'u', reason: `round ${round}` }).catch(
        () => undefined,
      );
      await new Promise(resolve => setTimeout(resolve, 100 + Math.random() * 1500));
      child.kill('SIGKILL');
      isDead = true;
      await once(child, 'exit');
      await Promise.all([...running, asking]);
    }
    const { child, url } = await launchInstallation(data);
    const { exportLog, call, finished } = callers(
      url,
      readIfThere<Record<Role, string>>(join(data, 'keys.json'))!,
    );
    const { rows, job } = await exportLog({ scope_id: undefined }, 'operator');
    const ids = rows.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const stored = new Set(ids);
    expect(acknowledged.filter(id => !stored.has(id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(kills);
    expect(job).toMatchObject({ gaps: 0, conflicts: 0 });
    const { exports } = (await (await call('support', '/v1/exports?scope_id=s-1')).json()) as {
      exports: { id: string }[];
    };
    for (const { id } of exports) expect((await finished(id)).status).toBe('succeeded');
    process.stdout.write(
      `${kills} kills: ${acknowledged.length} acknowledged of ${attempts} sent, ${ids.length} ` +
        `rows, ${job.duplicates} duplicates dropped, ${exports.length} exports carried on\n`,
    );
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });
});
