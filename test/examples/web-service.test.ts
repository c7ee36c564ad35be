import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Role } from '#embedded/access/keys.ts';
import { launchInstallation, readIfThere } from '#test/support/installation-process.ts';
import { callers } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const root = join(import.meta.dirname, '..', '..');

const launchService = async (
  environment: Record<string, string>,
): Promise<{ child: ChildProcess; url: string }> => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/web-service/main.ts'], {
    cwd: root,
    env: { ...process.env, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [url] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, url: url.toString().trim() };
};
const kill = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  child.kill(signal);
  await once(child, 'exit');
};

describe('the web service of the examples', () => {
  it(
    'loses nothing when its audit log is killed and restarted under it, nor when it is killed ' +
      'itself, and its events carry the trace of the request that caused them',
    async () => {
      const data = await temporaryDirectory();
      const spool = await temporaryDirectory();
      let audit = await launchInstallation(data);
      const port = Number(new URL(audit.url).port);
      const keys = readIfThere<Record<Role, string>>(join(data, 'keys.json'))!;
      const environment = { AUDIT_URL: audit.url, AUDIT_TOKEN: keys.emitter, SPOOL: spool };
      let service = await launchService(environment);

      /** What the service said that it recorded, by the event's id: the trace of the request. */
      const recorded = new Map<string, string>();
      let n = 0;
      const ask = async (): Promise<void> => {
        const trace = `trace-${++n}`;
        const response = await fetch(`${service.url}/contexts/c-${n}`, {
          method: 'POST',
          headers: { 'x-client-trace-id': trace },
        });
        expect(response.status).toBe(200);
        const { event } = (await response.json()) as { event: string };
        recorded.set(event, trace);
      };
      const askMany = (count: number): Promise<unknown> => Promise.all(Array.from({ length: count }, ask));

      for (let round = 0; round < 2; round++) {
        const asking = (async () => {
          for (let i = 0; i < 20; i++) {
            await askMany(10);
            await new Promise(resolve => setTimeout(resolve, 20));
          }
        })();
        await new Promise(resolve => setTimeout(resolve, 150));
        await kill(audit.child, 'SIGKILL');
        await asking;
        // The audit log is away, and the service answers as ever; then it is killed with what it has not sent.
        await askMany(25);
        await kill(service.child, 'SIGKILL');
        service = await launchService(environment);
        await askMany(5);
        audit = await launchInstallation(data, port);
      }
      await kill(service.child, 'SIGTERM');
      expect(await readdir(spool)).toEqual([]);

      const { rows, job } = await callers(audit.url, keys).exportLog();
      const exported = new Map(
        rows.map(({ id, request }) => [
          id,
          (JSON.parse(request) as { client_trace_id: string }).client_trace_id,
        ]),
      );
      expect(rows).toHaveLength(exported.size);
      expect(Object.fromEntries(exported)).toEqual(Object.fromEntries(recorded));
      expect(recorded.size).toBe(2 * (200 + 25 + 5));
      expect(job).toMatchObject({ conflicts: 0, gaps: 0, reused_ids: 0 });
      await kill(audit.child, 'SIGTERM');
    },
  );
});
