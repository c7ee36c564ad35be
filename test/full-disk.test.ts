import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { withoutPauses } from '#test/support/backoff.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** Whether writes to files are to fail, as they do on a disk without room. */
const disk = vi.hoisted(() => ({ isFull: false }));

vi.mock('node:fs/promises', async importOriginal => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const noRoom = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const handle = await real.open(...args);
      for (const name of ['write', 'writeFile'] as const) {
        const write = handle[name].bind(handle) as (...given: unknown[]) => Promise<unknown>;
        Object.assign(handle, {
          [name]: (...given: unknown[]) => (disk.isFull ? Promise.reject(noRoom()) : write(...given)),
        });
      }
      return handle;
    },
  };
});

type Disk = { data: string; fill(): Promise<unknown>; free(): Promise<unknown> };

const refusing = async (): Promise<Disk> => {
  const set = async (isFull: boolean) => {
    disk.isFull = isFull;
  };
  onTestFinished(() => set(false));
  return {
    data: await temporaryDirectory(),
    fill: () => set(true),
    free: () => set(false),
  };
};

const mount = (directory: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', directory]).status === 0;

/** A small file system of its own, which only who may mount can have. */
const small = async (): Promise<Disk> => {
  const directory = await temporaryDirectory();
  expect(mount(directory)).toBe(true);
  onTestFinished(() => void spawnSync('umount', ['-l', directory]));
  const filler = join(directory, 'filler');
  await mkdir(join(directory, 'data'));
  return {
    data: join(directory, 'data'),
    async fill() {
      const handle = await open(filler, 'a');
      for (let size = 1024 * 1024; size >= 512; size /= 2)
        for (;;) {
          try {
            await handle.writeFile(Buffer.alloc(size, 1));
          } catch {
            // No room for this much: less may fit.
            break;
          }
        }
      await handle.close();
    },
    free: () => rm(filler),
  };
};

const canMount = async (): Promise<boolean> => {
  const directory = `/tmp/annals-mount-${process.pid}`;
  await mkdir(directory, { recursive: true });
  const isMounted = mount(directory);
  if (isMounted) spawnSync('umount', [directory]);
  await rm(directory, { recursive: true });
  return isMounted;
};

const disks: [string, () => Promise<Disk>][] = [
  ['that refuses to write', refusing],
  ...((await canMount()) ? [['of a small file system', small] as [string, () => Promise<Disk>]] : []),
];

describe('a disk that is full', () => {
  it.each(disks)(
    '%s: nothing acknowledged is lost, the sender is told to resend everything else, and work resumes on its own',
    {
      timeout: 180_000,
    },
    async (_, make) => {
      // On a real disk, crumbs of room are taken up by retries.
      if (make === refusing) withoutPauses();
      const { data, fill, free } = await make();
      const server = await startServer({ data, tickMs: 200 });
      const { post, call, admin, request, exportLog, url, keys } = server;
      const health = async () => {
        const answer = await call(undefined, '/healthz');
        return {
          code: answer.status,
          ...((await answer.json()) as { status: string; problems?: { code: string }[] }),
        };
      };
      const acknowledged: string[] = [];
      const send = async (count: number) => {
        const { status, events } = await post(
          Array.from({ length: count }, () => eventText({ id: undefined, occurred_at: undefined })).join(
            '\n',
          ),
          'application/x-ndjson',
        );
        if (status === 202) acknowledged.push(...events.map(({ id }) => id));
        return status;
      };
      const schedule = (id: string) =>
        call('support', `/v1/scopes/acme/schedules/${id}`, {
          method: 'PUT',
          body: JSON.stringify({
            every: 'daily',
            at: '06:00',
            time_zone: 'UTC',
            requested_by: 'u-1',
            reason: 'r',
          }),
        });
      expect(await send(20)).toBe(202);
      const { job } = await exportLog();
      expect((await schedule('nightly')).status).toBe(200 + 1);
      await eventually(async () => expect(await health()).toMatchObject({ code: 200, status: 'ok' }));

      await fill();
      const refused = await fetch(`${url}/v1/events`, {
        method: 'POST',
        // More than what may be left of the last page of a segment.
        body: eventText({ payload: { text: randomBytes(20_000).toString('hex') } }),
        headers: { authorization: `Bearer ${keys.emitter}`, 'content-type': 'application/json' },
      });
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await refused.json()).toMatchObject({ code: 'not_stored', accepted: 0 });
      const answers = await Promise.all([
        request({ scope_id: 'acme', requested_by: 'u-1', reason: 'r' }),
        admin('acme', 'u-2'),
        admin('acme', 'u-1', 'DELETE'),
        schedule('other'),
        call('support', '/v1/scopes/acme/schedules/nightly', { method: 'DELETE' }),
        call('support', '/v1/scopes/acme/schedules/nightly/runs', { method: 'POST' }),
        call('support', `/v1/exports/${job.id}/download`),
      ]);
      for (const [at, answer] of answers.entries()) {
        expect([at, answer.status, answer.headers.get('retry-after')]).toEqual([at, 503, '1']);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
      }
      // What only reads is answered.
      expect((await call('support', '/v1/exports?scope_id=acme')).status).toBe(200);
      expect((await call('operator', '/v1/scopes/acme/admins')).status).toBe(200);
      await eventually(async () => {
        const { code, status, problems } = await health();
        expect([code, status]).toEqual([503, 'degraded']);
        expect(problems!.map(problem => problem.code)).toContain('disk_full');
      });

      await free();
      await eventually(async () => expect(await health()).toMatchObject({ code: 200, status: 'ok' }));
      expect(await send(20)).toBe(202);
      const { rows, job: after } = await exportLog();
      expect(rows.map(({ id }) => id).sort()).toEqual([...acknowledged].sort());
      expect(after).toMatchObject({ status: 'succeeded', gaps: 0 });
      await server.stop();
      expect((await exportLogAfterRestart(data)).sort()).toEqual([...acknowledged].sort());
    },
  );
});

const exportLogAfterRestart = async (data: string): Promise<string[]> => {
  const { rows } = await (await startServer({ data })).exportLog();
  return rows.map(({ id }) => id);
};
