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
import { cached } from '../cache.ts';
import { startProcess } from '../loopback.ts';
import { findGo } from '../tools.ts';
import { versions } from '../versions.ts';

const run = promisify(execFile);
const buildTimeout = { timeout: 1_500_000 };
const startMs = 60_000;

export const region = 'eu-west-1';
/** The only user of the server. */
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

export type S3Server = { url: string; client: S3Client; stop(): Promise<void> };

/** Starts the server with these buckets, empty, in a folder that the caller removes. */
export const startVersitygw = async (directory: string, buckets: readonly string[]): Promise<S3Server> => {
  const command = await fetchVersitygw();
  const [objects, attributes] = [join(directory, 'objects'), join(directory, 'attributes')];
  for (const folder of [objects, attributes]) await mkdir(folder, { recursive: true });
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const path = join(directory, 'versitygw.log');
  const log = await open(path, 'w');
  const server = startProcess(
    [
      ...[command, '--quiet', '--port', address, '--region', region, '--health', '/health'],
      // Not every file system keeps extended attributes.
      ...['posix', '--sidecar', attributes, objects],
    ],
    {
      cwd: directory,
      env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
      logTo: log.fd,
    },
  );
  await log.close();
  const until = Date.now() + startMs;
  while (!(await isHealthy(url))) {
    const fault = server.hasEnded() ? 'ended' : Date.now() > until ? 'did not start in time' : undefined;
    if (fault !== undefined) {
      await server.stop();
      throw new Error(`versitygw ${fault}; its log is:\n${(await readFile(path, 'utf8')).slice(-4000)}`);
    }
    await sleep(50);
  }
  const client = new S3Client({ region, endpoint: url, credentials });
  for (const Bucket of buckets) await client.send(new CreateBucketCommand({ Bucket }));
  const stop = async (): Promise<void> => {
    client.destroy();
    await server.stop();
  };
  return { url, client, stop };
};

const isHealthy = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    response => response.ok,
    () => false,
  );
