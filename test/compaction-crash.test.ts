import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Api } from '#domain/http/shapes/shapes.ts';
import type { Role } from '#embedded/access/keys.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { readIfThere } from '#test/support/installation-process.ts';
import { callers } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** A few times in the suite, more by `ANNALS_KILLS=20 npx vitest run test/compaction-crash.test.ts`. */
const kills = Number(process.env.ANNALS_KILLS ?? 3);
const senders = 3;
const hourMs = 3_600_000;
const script = join(import.meta.dirname, 'support/moved-clock-process.ts');

type Launched = ReturnType<typeof callers> & {
  child: ChildProcess;
  moveClock(aheadMs: number): void;
  errors(): string;
};

const launch = async (data: string, aheadMs: number): Promise<Launched> => {
  const args = ['--import', 'tsx', script, data, String(aheadMs)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  // Its process may be gone.
  child.stdin.on('error', () => undefined);
  const url = await eventually(async () => {
    const server = readIfThere<{ url: string; pid: number }>(join(data, 'server.json'));
    expect(child.exitCode, errors).toBeNull();
    expect(server?.pid).toBe(child.pid);
    expect((await fetch(`${server!.url}/healthz`)).ok).toBe(true);
    return server!.url;
  });
  const called = callers(url, readIfThere<Record<Role, string>>(join(data, 'keys.json'))!);
  return {
    ...called,
    child,
    moveClock: ms => void child.stdin.write(`${ms}\n`),
    errors: () => errors,
  };
};

/** All ids of a log, the newest first, page by page. */
const browsed = async ({ call }: Launched, asked: Record<string, string>): Promise<string[]> => {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ ...asked, limit: '97', ...(cursor === null ? {} : { cursor }) });
    const answer = await call('operator', `/v1/events?${query}`);
    expect(answer.status).toBe(200);
    const page = (await answer.json()) as Api<'Events'>;
    expect(page.gaps).toEqual([]);
    ids.push(...page.events.filter(({ action }) => !action.startsWith('audit_log.')).map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== null);
  return ids;
};

const allScopes = { all_scopes: 'true', reason: 'test' };

describe('kill -9', () => {
  it(`${kills} times at random moments while days are folded and compacted leaves every event once, in an ` +
    'export and in a look into the log', {
    timeout: 240_000 + kills * 45_000,
  }, async () => {
    const data = await temporaryDirectory();
    const acknowledged = new Set<string>();
    const unanswered: string[] = [];
    let aheadMs = 0;
    let n = 0;
    const now = () => Date.now() + aheadMs;
    const scopeOf = (at: number): string => `s-${at % 7}`;
    /** Some are on time and some are late. */
    const next = (): string => {
      n += 1;
      const occurredMs = now() - 1000 - (n % 3 === 0 ? 50 * hourMs : 0);
      return eventText({
        id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
        occurred_at: new Date(occurredMs).toISOString(),
        scope: { id: scopeOf(n), type: 't' },
      });
    };
    const send = async ({ post }: Launched): Promise<void> => {
      // What was not answered is sent again, as a client would: it may have been stored.
      const body = unanswered.pop() ?? Array.from({ length: 1 + (n % 5) }, next).join('\n');
      try {
        const { status, events } = await post(body, 'application/x-ndjson');
        expect(status).toBe(202);
        for (const { id } of events) acknowledged.add(id);
      } catch (error) {
        unanswered.push(body);
        throw error;
      }
    };
    for (let round = 0; round < kills; round++) {
      const launched = await launch(data, aheadMs);
      let isDead = false;
      const untilDead = async (work: () => Promise<unknown>): Promise<void> => {
        while (!isDead) await work().catch(() => undefined);
      };
      const running = Array.from({ length: senders }, () => untilDead(() => send(launched)));
      running.push(untilDead(() => browsed(launched, { scope_id: scopeOf(round) })));
      // A day at most for each round: by the clock of the disk, all files are of today, and must not expire.
      for (let jump = 0; jump < 2; jump++) {
        await new Promise(resolve => setTimeout(resolve, Math.random() * 1500));
        aheadMs += 13 * hourMs;
        launched.moveClock(aheadMs);
      }
      await new Promise(resolve => setTimeout(resolve, Math.random() * 2500));
      launched.child.kill('SIGKILL');
      isDead = true;
      await once(launched.child, 'exit');
      await Promise.all(running);
      expect(launched.errors()).toBe('');
    }
    const launched = await launch(data, aheadMs);
    const lastDay = new Date(now()).toISOString().slice(0, 10);
    // The last day ends, and the clock goes on until it is closed.
    aheadMs += 26 * hourMs;
    launched.moveClock(aheadMs);
    while (unanswered.length > 0) await send(launched);
    await vi.waitFor(
      async () => {
        aheadMs += 600_000;
        launched.moveClock(aheadMs);
        const health = (await (await launched.call(undefined, '/healthz')).json()) as Api<'Health'>;
        expect(health.compacted_to ?? '', lastDay).toSatisfy((day: string) => day >= lastDay);
      },
      { timeout: 120_000 + kills * 15_000, interval: 1000 },
    );
    const { rows, job } = await launched.exportLog({ scope_id: undefined }, 'operator');
    expect(job, launched.errors()).toMatchObject({
      status: 'succeeded',
      gaps: 0,
      conflicts: 0,
      reused_ids: 0,
    });
    const exported = rows.map(({ id }) => id);
    expect(new Set(exported).size).toBe(exported.length);
    expect([...acknowledged].filter(id => !exported.includes(id))).toEqual([]);
    expect(exported.filter(id => !acknowledged.has(id))).toEqual([]);
    expect(await browsed(launched, allScopes)).toEqual(exported.reverse());
    const { rows: ofScope } = await launched.exportLog({ scope_id: 's-1' });
    expect(await browsed(launched, { scope_id: 's-1' })).toEqual(ofScope.map(({ id }) => id).reverse());
    expect(await readdir(join(data, 'buckets/.folds/ledger'))).not.toEqual([]);
    expect(launched.errors()).toBe('');
    process.stdout.write(
      `${kills} kills: ${acknowledged.size} acknowledged, ${job.duplicates} duplicates dropped, ` +
        `${lastDay} compacted\n`,
    );
    launched.child.stdin!.end();
    expect(await once(launched.child, 'exit')).toEqual([0, null]);
    expect(await annals(['check', '--data', data, '--json'])).toMatchObject({ code: 0 });
  });
});
