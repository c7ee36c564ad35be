/**
 * versitygw, an S3 server that nobody here wrote, over a folder of this run. It refuses a conditional write
 * whose condition does not hold, also if several come at once. It is built once, from the Go module proxy.
 */
import { execFile } from 'node:child_process';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort } from '#test/support/free-port.ts';
import { cached } from './cache.ts';
import { type Process, startProcess } from './loopback.ts';
import { findGo } from './tools.ts';
import { versions } from './versions.ts';

const run = promisify(execFile);
const buildTimeout = { timeout: 1_500_000 };
const startMs = 60_000;

export const region = 'eu-west-1';
/** The user of the server who may do everything. */
export const credentials = { accessKeyId: 'annals', secretAccessKey: 'conformance' };

/** The server's command. */
export const fetchVersitygw = async (): Promise<string> => {
  const home = await cached('versitygw', versions.versitygw, async folder => {
    console.log(`Building versitygw ${versions.versitygw}, once`);
    const [modules, builds] = [join(folder, 'modules'), join(folder, 'builds')];
    const module = `github.com/versity/versitygw/cmd/versitygw@v${versions.versitygw}`;
    await run(findGo()!, ['install', '-ldflags=-s -w', module], {
      cwd: folder,
      ...buildTimeout,
      env: {
        ...process.env,
        CGO_ENABLED: '0',
        GOBIN: join(folder, 'bin'),
        GOCACHE: builds,
        // Modules are read-only otherwise, and could not be removed.
        GOFLAGS: '-modcacherw',
        GOPATH: modules,
      },
    });
    for (const left of [modules, builds]) await rm(left, { recursive: true });
  });
  return join(home, 'bin', 'versitygw');
};

export type S3Server = {
  url: string;
  client: S3Client;
  /** Ends the server with SIGKILL, whatever it is doing. */
  kill(): Promise<void>;
  /** Starts it again if it was killed, at the same port and over the same folder. */
  restart(): Promise<void>;
  /** Makes a user, who owns the buckets that they make and no others. Their name is their account's id. */
  addUser(name: string): Promise<void>;
  stop(): Promise<void>;
};

/** The credentials of a user that was added. */
export const credentialsOf = (name: string) => ({ accessKeyId: name, secretAccessKey: `secret of ${name}` });

/** Starts the server with these buckets, empty, in a folder that the caller removes. */
export const startVersitygw = async (directory: string, buckets: readonly string[]): Promise<S3Server> => {
  const command = await fetchVersitygw();
  const [objects, attributes, users] = ['objects', 'attributes', 'users'].map(name => join(directory, name));
  for (const folder of [objects, attributes, users]) await mkdir(folder!, { recursive: true });
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const path = join(directory, 'versitygw.log');
  const start = async (): Promise<Process> => {
    const log = await open(path, 'a');
    const started = startProcess(
      [
        ...[command, '--quiet', '--port', address, '--region', region, '--health', '/health'],
        ...['--iam-dir', users!],
        // Not every file system keeps extended attributes.
        ...['posix', '--sidecar', attributes!, objects!],
      ],
      {
        cwd: directory,
        env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
        logTo: log.fd,
      },
    );
    await log.close();
    await untilHealthy(started, url, path);
    return started;
  };
  let server = await start();
  const client = new S3Client({ region, endpoint: url, credentials });
  for (const Bucket of buckets) await client.send(new CreateBucketCommand({ Bucket }));
  return {
    url,
    client,
    kill: () => server.kill(),
    async restart() {
      if (server.hasEnded()) server = await start();
    },
    async addUser(name) {
      const { accessKeyId, secretAccessKey } = credentials;
      const user = credentialsOf(name);
      await run(command, [
        ...['admin', '--endpoint-url', url, '--access', accessKeyId, '--secret', secretAccessKey],
        ...['--region', region, 'create-user', '--role', 'userplus'],
        ...['--access', user.accessKeyId, '--secret', user.secretAccessKey],
      ]);
    },
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
};

const untilHealthy = async (server: Process, url: string, path: string): Promise<void> => {
  const until = Date.now() + startMs;
  while (!(await isHealthy(url))) {
    const fault = server.hasEnded() ? 'ended' : Date.now() > until ? 'did not start in time' : undefined;
    if (fault !== undefined) {
      await server.stop();
      throw new Error(`versitygw ${fault}; its log is:\n${(await readFile(path, 'utf8')).slice(-4000)}`);
    }
    await sleep(50);
  }
};

const isHealthy = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    response => response.ok,
    () => false,
  );
