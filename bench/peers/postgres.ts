/**
 * PostgreSQL in a temporary cluster of its own, with the route of `postgres-route.ts` in front. As root it runs
 * as the user `postgres` of Debian's package, since it refuses to run as root.
 */
import { execFile, execFileSync } from 'node:child_process';
import { chown, mkdir, readdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import pg from 'pg';
import { countLines, type Peer } from './peer.ts';
import { isAnswered, ServerProcess } from './server-process.ts';

export const installPostgres =
  'PostgreSQL is not installed, so there is nothing to compare with. Install it: apt-get install postgresql';

const debianFolder = '/usr/lib/postgresql';

/** The folder of `initdb` and `postgres`: the newest of Debian's, or on the path; undefined if there is none. */
export const findPostgres = async (): Promise<string | undefined> => {
  const versions = await readdir(debianFolder).catch((): string[] => []);
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
  const folders = [
    ...newestFirst.map(version => join(debianFolder, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  for (const folder of folders) {
    const files = await readdir(folder).catch((): string[] => []);
    if (files.includes('initdb') && files.includes('postgres')) return folder;
  }
  return undefined;
};

/** The columns of the CSV, those that Annals filters by, and the receipt; times and JSON have their types. */
const schema = [
  `CREATE TABLE events (
    action text NOT NULL, actor json NOT NULL, target json NOT NULL, payload json NOT NULL,
    occurred_at timestamptz NOT NULL, metadata json NOT NULL, id uuid NOT NULL, version integer NOT NULL,
    scope json, success boolean NOT NULL, request json,
    scope_id text, actor_id text NOT NULL, target_id text NOT NULL, request_id text, client_trace_id text,
    received_at timestamptz NOT NULL, received_from text NOT NULL, received_request_id text NOT NULL,
    received_address text)`,
  'CREATE INDEX ON events (scope_id, occurred_at, id)',
];

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
};

/** Who runs PostgreSQL: nobody else's id if this process is not root's. */
const unprivileged = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
};

export const postgresPeer = (binaries: string, folder: string, signal: AbortSignal): Peer => {
  const [cluster, socket, route] = [
    join(folder, 'cluster'),
    join(folder, 'socket'),
    join(folder, 'route.cjs'),
  ];
  const token = 'peer';
  const headers = { authorization: `Bearer ${token}` };
  const servers: ServerProcess[] = [];
  let user: { uid?: number; gid?: number } = {};
  let url = '';
  const query = async (statement: string): Promise<unknown[]> => {
    const client = new pg.Client({ host: socket, user: 'postgres', database: 'postgres' });
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  };
  const makeCluster = async (): Promise<void> => {
    user = unprivileged();
    for (const path of [cluster, socket]) {
      await mkdir(path, { mode: 0o700 });
      if (user.uid !== undefined) await chown(path, user.uid, user.gid!);
    }
    const as = ['-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
    await promisify(execFile)(join(binaries, 'initdb'), ['-D', cluster, ...as], {
      ...user,
      cwd: folder,
      signal,
    });
  };
  /** A start reads one file of JavaScript, as that of a service that is deployed does. */
  const bundleRoute = async (): Promise<void> => {
    const entry = join(import.meta.dirname, 'postgres-route.ts');
    const target = { platform: 'node', target: 'node20', format: 'cjs', logLevel: 'error' } as const;
    await build({ entryPoints: [entry], outfile: route, bundle: true, external: ['pg-native'], ...target });
  };
  const start = async (): Promise<void> => {
    signal.throwIfAborted();
    const args = ['-D', cluster, '-k', socket, '-c', 'listen_addresses='];
    const port = await freePort();
    signal.throwIfAborted();
    const options = { ...user, cwd: folder };
    servers.push(new ServerProcess('PostgreSQL', [join(binaries, 'postgres'), ...args], options));
    const front = new ServerProcess('The route', [process.execPath, route, socket, token, String(port)]);
    servers.push(front);
    url = `http://127.0.0.1:${port}`;
    await front.until(() => isAnswered(`${url}/healthz`));
  };

  return {
    create: async () => {
      await makeCluster();
      await bundleRoute();
      await start();
      for (const statement of schema) await query(statement);
    },
    start,
    // SIGINT is PostgreSQL's fast shutdown: it rolls back and writes a checkpoint.
    stop: async () => {
      for (const server of servers.splice(0).reverse()) await server.stop('SIGINT');
    },
    target: () => ({ url: new URL('/v1/events', url), headers }),
    takeCsv: async scope =>
      countLines(await fetch(new URL(`/csv?scope=${encodeURIComponent(scope)}`, url), { headers })),
    settle: async () => void (await query('VACUUM ANALYZE events')),
    bytesOnDisk: async () => {
      const [row] = await query(`SELECT pg_total_relation_size('events')::float8 AS bytes`);
      return (row as { bytes: number }).bytes;
    },
  };
};
