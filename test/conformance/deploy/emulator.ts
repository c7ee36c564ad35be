/**
 * ministack, an emulator of AWS, on loopback and with IAM enforced. It runs the functions on the Node version
 * that Lambda would run them on. What it lacks is in gaps.py.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { freePort } from '#test/support/free-port.ts';
import { cached } from '../cache.ts';
import { fetchNode } from '../node.ts';
import { findPython } from '../tools.ts';
import { versions } from '../versions.ts';
import { makeCertificate } from './certificate.ts';

const run = promisify(execFile);
const here = import.meta.dirname;
export const account = '111122223333';
export const region = 'eu-central-1';

export type Emulator = {
  /** The environment of a client, without credentials. */
  environment: Record<string, string>;
  /** A folder of this run alone. */
  folder: string;
  port: number;
  log: string;
  stop(): Promise<void>;
};

const fetchPython = (python: string): Promise<string> =>
  cached('ministack', versions.ministack, async folder => {
    const requirements = join(here, 'requirements.txt');
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
    await run(python, [...pip, '--target', folder, '--requirement', requirements]);
  });

/** The names that AWS would serve. */
const namesOfAws = [`*.execute-api.${region}.amazonaws.com`, `*.lambda-url.${region}.on.aws`];

/** The commands `aws` and `python`, with the packages of this suite. */
const writeCommands = async (folder: string, python: string, packages: string): Promise<void> => {
  for (const [name, start] of [
    ['aws', `'${python}' -m awscli`],
    ['python', `'${python}'`],
  ] as const) {
    const file = join(folder, name);
    await writeFile(file, `#!/bin/sh\nPYTHONPATH='${packages}' exec ${start} "$@"\n`);
    await chmod(file, 0o755);
  }
};

/** Asks whether the emulator has every gap that gaps.py knows; with `--patched`, after all patches. */
export const checkEmulator = async (...options: string[]): Promise<{ code: number; err: string }> => {
  const python = findPython()!;
  const env = { ...process.env, PYTHONPATH: await fetchPython(python), PYTHONDONTWRITEBYTECODE: '1' };
  return run(python, [join(here, 'emulator.py'), '--check', ...options], { env }).then(
    ({ stderr }) => ({ code: 0, err: stderr }),
    (error: { code: number; stderr: string }) => ({ code: error.code, err: error.stderr }),
  );
};

/** Starts an empty account. `trusted`: PEM files that the emulator and the clients trust besides. */
export const startEmulator = async (trusted: readonly string[] = []): Promise<Emulator> => {
  const python = findPython()!;
  const [packages, node] = await Promise.all([fetchPython(python), fetchNode()]);
  const folder = await mkdtemp(join(tmpdir(), 'annals-conformance-deploy-'));
  const log = join(folder, 'emulator.log');
  const port = await freePort();
  const { key, certificate } = await makeCertificate(folder, namesOfAws);
  const bundle = join(folder, 'trusted.pem');
  await writeFile(bundle, [...rootCertificates, await readFile(certificate, 'utf8')].join('\n'));
  for (const file of trusted) await appendFile(bundle, `\n${await readFile(file, 'utf8')}`);
  for (const name of ['s3', 'state', 'tmp', 'home', 'bin']) await mkdir(join(folder, name));
  await writeFile(
    join(folder, 'home', '.curlrc'),
    `cacert = ${bundle}\nconnect-to = "::127.0.0.1:${port}"\n`,
  );

  const { PATH = '' } = process.env;
  const common = { HOME: join(folder, 'home'), TMPDIR: join(folder, 'tmp'), NODE_EXTRA_CA_CERTS: bundle };
  const child = spawn(python, [join(here, 'emulator.py')], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...common,
      PATH: [node, PATH].join(delimiter),
      PYTHONPATH: packages,
      PYTHONDONTWRITEBYTECODE: '1',
      AUTH: 'true',
      USE_SSL: '1',
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      // It would listen on all addresses.
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      LAMBDA_EXECUTOR: 'local',
      LOG_LEVEL: process.env.ANNALS_EMULATOR_LOG ?? 'WARNING',
      MINISTACK_REGION: region,
      MINISTACK_ACCOUNT_ID: account,
      MINISTACK_SSL_CERT: certificate,
      MINISTACK_SSL_KEY: key,
      SSL_CERT_FILE: bundle,
      S3_DATA_DIR: join(folder, 's3'),
      STATE_DIR: join(folder, 'state'),
    },
  });
  const output = createWriteStream(log);
  child.stdout.pipe(output);
  child.stderr.pipe(output);

  await writeCommands(join(folder, 'bin'), python, packages);
  const environment = {
    ...common,
    PATH: [join(folder, 'bin'), PATH].join(delimiter),
    CDK_HOME: join(folder, 'home', 'cdk'),
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    AWS_ENDPOINT_URL: `https://127.0.0.1:${port}`,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_CA_BUNDLE: bundle,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_CONFIG_FILE: join(folder, 'config'),
    NODE_OPTIONS: `--import ${join(here, 'loopback.mjs')}`,
    ANNALS_EMULATOR_PORT: String(port),
    CI: 'true',
  };
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    await untilReady(child, port, log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { environment, folder, port, log, stop };
};

/** Ends the emulator and the functions that it started: they are one process group. */
const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise(resolve => child.once('close', resolve));
  process.kill(-child.pid!, 'SIGKILL');
  await ended;
};

const secondsToStart = 60;

const untilReady = async (child: ChildProcess, port: number, log: string): Promise<void> => {
  const until = Date.now() + secondsToStart * 1000;
  for (;;) {
    const isUp = await run('curl', ['-sfk', `https://127.0.0.1:${port}/_ministack/health`]).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    if (child.exitCode !== null || Date.now() > until)
      throw new Error(`The emulator did not start: ${(await readFile(log, 'utf8')).slice(-4000)}`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
};
