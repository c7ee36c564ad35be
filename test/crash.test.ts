import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Role } from '#embedded/access/keys.ts';
import { eventText } from '#test/support/builders.ts';
import { launchInstallation, readIfThere } from '#test/support/installation-process.ts';
import { callers } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/**
 * How often the process is killed: a few times in the suite, more by `ANNALS_KILLS=20 npx vitest run
 * test/crash.test.ts`.
 */
const kills = Number(process.env.ANNALS_KILLS ?? 3);
const senders = 4;

describe('kill -9', () => {
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
