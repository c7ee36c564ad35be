import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { inContext } from '#functions/runtime/log.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { movableClock } from '#test/support/clock.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';

/** Whose writes to files fail, as they do on a disk without room. */
const disk = vi.hoisted(() => ({ hasRoom: () => true as boolean }));

vi.mock('node:fs/promises', async importOriginal => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const noRoom = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const handle = await real.open(...args);
      for (const name of ['write', 'writeFile', 'appendFile'] as const) {
        const write = handle[name].bind(handle) as (...given: unknown[]) => Promise<unknown>;
        Object.assign(handle, {
          [name]: (...given: unknown[]) => (disk.hasRoom() ? write(...given) : Promise.reject(noRoom())),
        });
      }
      return handle;
    },
  };
});

/** The work that runs now, by its name in the log. */
const runningWork = (): unknown => {
  let name: unknown;
  inContext((_, __, facts) => {
    name = facts!.function;
  })('info', '');
  return name;
};
const isDerived = (): boolean => ['compact', 'folding'].includes(String(runningWork()));

const hourMs = 3_600_000;

describe('a disk without room', () => {
  it('for folds and segments stops those and nothing else, and they go on once there is room', {
    timeout: 180_000,
  }, async () => {
    onTestFinished(() => {
      disk.hasRoom = () => true;
    });
    const clock = movableClock();
    const logged: string[] = [];
    const server = await startServer({
      buckets: 2,
      compactMs: 50,
      tickMs: 200,
      folding: { everyMs: 50 },
      log: (level, message, facts) =>
        void (level === 'error' && logged.push(`${facts!.function} ${message}`)),
    });
    const { call, data } = server;
    const sent: string[] = [];
    const send = async (): Promise<void> => {
      const lines = Array.from({ length: 10 }, () => eventText({ id: undefined, occurred_at: undefined }));
      const { status, events } = await server.post(lines.join('\n'), 'application/x-ndjson');
      expect(status).toBe(202);
      sent.push(...events.map(({ id }) => id));
    };
    const health = async () => {
      const answer = await call(undefined, '/healthz');
      return { code: answer.status, ...((await answer.json()) as Api<'Health'>) };
    };
    const folds = async () => (await readdir(join(data, 'buckets/.folds/ledger')).catch(() => [])).length;
    const browse = async (): Promise<string[]> => {
      const answer = await call('operator', '/v1/events?scope_id=acme&limit=1000');
      expect(answer.status).toBe(200);
      const { events } = (await answer.json()) as Api<'Events'>;
      return events.filter(({ action }) => !action.startsWith('audit_log.')).map(({ id }) => id);
    };
    const expectAll = async (): Promise<void> => {
      const { rows, job } = await server.exportLog();
      expect(job).toMatchObject({ status: 'succeeded', gaps: 0 });
      expect(rows.map(({ id }) => id).sort()).toEqual([...sent].sort());
      expect((await browse()).sort()).toEqual([...sent].sort());
    };
    const catchesUp = async (): Promise<void> => {
      const today = new Date(Date.now()).toISOString().slice(0, 10);
      clock.aheadMs += 26 * hourMs;
      await eventually(async () => {
        clock.aheadMs += 600_000;
        expect((await health()).compacted_to ?? '').toSatisfy((day: string) => day >= today);
      });
    };

    disk.hasRoom = () => !isDerived();
    for (let day = 0; day < 3; day++) {
      await send();
      await expectAll();
      clock.aheadMs += 25 * hourMs;
    }
    await eventually(() => {
      clock.aheadMs += 60_000;
      expect(logged).toContain('folding Folding waits for room on the disk');
      expect(logged).toContain('compact A bucket could not be compacted');
    });
    expect(logged.filter(line => !/^(folding|compact) /.test(line))).toEqual([]);
    await eventually(async () => expect(await health()).toMatchObject({ code: 200, status: 'ok' }));
    expect(await folds()).toBe(0);
    // Nothing that could not be written to its end is left.
    await eventually(async () => expect(await readdir(join(data, 'tmp'))).toEqual([]));
    await send();
    await expectAll();

    disk.hasRoom = () => true;
    await catchesUp();
    await eventually(async () => expect(await folds()).toBeGreaterThan(2));
    await expectAll();

    // Now nobody has room, while a day closes.
    await send();
    await eventually(async () => expect((await browse()).sort()).toEqual([...sent].sort()));
    disk.hasRoom = () => false;
    clock.aheadMs += 25 * hourMs;
    await eventually(async () => expect((await health()).code).toBe(503));
    expect((await browse()).sort()).toEqual([...sent].sort());
    disk.hasRoom = () => true;
    await eventually(async () => expect((await health()).code).toBe(200));
    await send();
    await catchesUp();
    await expectAll();
    await server.stop();
    expect(await annals(['check', '--data', data, '--json'])).toMatchObject({ code: 0 });
  });
});
