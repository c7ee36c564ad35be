/** Annals as `npm start` runs it, in a process and a folder of its own. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskBytes } from './disk.ts';
import { countLines, type Peer, pause } from './peer.ts';
import { isAnswered, ServerProcess } from './server-process.ts';

const root = join(import.meta.dirname, '../..');
const askEveryMs = 10;

type Job = { id: string; status: string };
type Keys = { emitter: string; operator: string };

const readJson = async <T>(path: string): Promise<T | undefined> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    // Not written yet.
    return undefined;
  }
};

/** What `npm start` runs, without npm. */
const startCommand = async (): Promise<[string, ...string[]]> => {
  const { scripts } = (await readJson<{ scripts: { start: string } }>(join(root, 'package.json')))!;
  const [, ...args] = scripts.start.split(' ');
  return [process.execPath, ...args];
};

/** With settings beside those of the environment; and the CPU that its process has used. */
export const annalsPeer = (
  data: string,
  signal: AbortSignal,
  environment: Record<string, string> = {},
): Peer & { cpuSeconds(): Promise<number> } => {
  let server: ServerProcess | undefined;
  let url = '';
  let keys: Keys = { emitter: '', operator: '' };

  const call = async <T>(path: string, body?: object): Promise<T> => {
    const response = await fetch(new URL(path, url), {
      headers: { authorization: `Bearer ${keys.operator}`, accept: 'application/json' },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  /** Requests an export, and waits for it as a program does: by asking. */
  const exportLog = async (request: object): Promise<string> => {
    let job = await call<Job>('/v1/exports', request);
    while (job.status !== 'succeeded') {
      if (job.status === 'failed') throw new Error(`The export failed: ${JSON.stringify(job)}`);
      await pause(askEveryMs);
      job = await call<Job>(`/v1/exports/${job.id}`);
    }
    return job.id;
  };

  const start = async (): Promise<void> => {
    signal.throwIfAborted();
    const started = new ServerProcess('Annals', [...(await startCommand()), '--data', data, '--port', '0'], {
      cwd: root,
      env: { ...process.env, ...environment },
    });
    server = started;
    url = await started.until(async () => {
      const own = await readJson<{ url: string; pid: number }>(join(data, 'server.json'));
      if (own?.pid !== started.child.pid) return undefined;
      return (await isAnswered(`${own!.url}/healthz`)) && own!.url;
    });
    keys = (await readJson<Keys>(join(data, 'keys.json')))!;
  };

  return {
    target: () => ({
      url: new URL('/v1/events', url),
      headers: { authorization: `Bearer ${keys.emitter}` },
    }),
    takeCsv: async scope => {
      const id = await exportLog({ scope_id: scope });
      const link = await call<{ url: string }>(`/v1/exports/${id}/download`);
      return countLines(await fetch(link.url));
    },
    // A window in which nothing lies reads nothing, but what came before must be filed, in every bucket.
    settle: async () => {
      const window = { from: '2001-01-01T00:00:00Z', to: '2001-01-02T00:00:00Z' };
      await exportLog({ all_scopes: true, reason: 'bench', ...window });
    },
    bytesOnDisk: async () =>
      (await diskBytes(join(data, 'buckets/ledger'))) + (await diskBytes(join(data, 'buckets/views'))),
    cpuSeconds: async () => {
      // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: utime and stime, in hundredths of a second.
      const text = await readFile(`/proc/${server!.child.pid}/stat`, 'utf8');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    create: start,
    start,
    stop: async () => server?.stop(),
  };
};
