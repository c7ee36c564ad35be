/**
 * An instance of a function as Lambda starts it: AWS's own runtime client, on the Node version of the
 * runtime, imports the bundle and asks the Runtime API for invocations.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from '../cache.ts';
import { startProcess } from '../loopback.ts';
import { fetchNode } from '../node.ts';
import { versions } from '../versions.ts';
import { type Outcome, openRuntimeApi } from './runtime-api.ts';

const run = promisify(execFile);
const account = '123456789012';

/** The runtime client's own file. npm builds its native half with the tools of the machine. */
export const fetchRuntimeClient = async (): Promise<string> => {
  const node = await fetchNode();
  const home = await cached('aws-lambda-ric', versions.lambdaClient, async folder => {
    console.log(`Building aws-lambda-ric ${versions.lambdaClient}, once`);
    // Its interface to Node is the same in each version, so the headers of the Node that runs this serve too.
    const installed = dirname(dirname(process.execPath));
    const hasHeaders = existsSync(join(installed, 'include', 'node', 'node_api.h'));
    await run(
      'npm',
      ['install', '--prefix', folder, '--no-fund', '--no-audit', `aws-lambda-ric@${versions.lambdaClient}`],
      {
        env: {
          ...process.env,
          PATH: [node, process.env.PATH].join(delimiter),
          ...(hasHeaders ? { npm_config_nodedir: installed } : {}),
        },
        maxBuffer: 64 * 1024 * 1024,
      },
    );
    const native = join(folder, 'node_modules', 'aws-lambda-ric', 'rapid-client.node');
    if (!existsSync(native)) throw new Error('npm did not run the install scripts of aws-lambda-ric');
  });
  return join(home, 'node_modules', 'aws-lambda-ric', 'index.mjs');
};

/** Variables; those that are undefined are not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A function of the template. */
export type Bundle = {
  name: string;
  /** The folder of its code, and the handler in it. */
  folder: string;
  handler: string;
  memoryMiB: number;
  timeoutSeconds: number;
  environment: Readonly<Record<string, string>>;
};

export type Instance = {
  /** Invokes the function, by an alias if one is given. */
  invoke(event: unknown, alias?: string): Promise<Outcome>;
  /** The lines that it has printed so far, parsed. */
  lines(): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
};

/** Starts an instance, with its log in `directory`; `environment` is what differs from the function's. */
export const startInstance = async (
  bundle: Bundle,
  directory: string,
  environment: Environment = {},
): Promise<Instance> => {
  const client = await fetchRuntimeClient();
  const node = join(await fetchNode(), 'node');
  const api = await openRuntimeApi();
  const path = join(directory, `${bundle.name}-${api.address.split(':')[1]}.log`);
  const log = await open(path, 'w');
  const server = startProcess([node, client, bundle.handler], {
    cwd: bundle.folder,
    // What Lambda sets. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    env: {
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(bundle.memoryMiB),
      AWS_LAMBDA_FUNCTION_NAME: bundle.name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_FORMAT: 'JSON',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${bundle.name}`,
      AWS_LAMBDA_LOG_LEVEL: 'INFO',
      AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
      AWS_LAMBDA_RUNTIME_API: api.address,
      LAMBDA_TASK_ROOT: bundle.folder,
      PATH: process.env.PATH,
      TZ: ':UTC',
      _HANDLER: bundle.handler,
      ...bundle.environment,
      ...environment,
    },
    logTo: log.fd,
  });
  await log.close();
  let isStopped = false;
  server.child.once('exit', async () => {
    if (isStopped) return;
    api.fail(new Error(`The instance of ${bundle.name} ended: ${await readFile(path, 'utf8')}`));
  });
  let invocations = 0;
  return {
    invoke: (event, alias) =>
      api.invoke({
        id: `00000000-0000-4000-8000-${String(++invocations).padStart(12, '0')}`,
        arn:
          `arn:aws:lambda:eu-west-1:${account}:function:${bundle.name}` +
          (alias === undefined ? '' : `:${alias}`),
        deadlineMs: Date.now() + bundle.timeoutSeconds * 1000,
        event,
      }),
    lines: async () =>
      (await readFile(path, 'utf8'))
        .split('\n')
        .filter(line => line.startsWith('{'))
        .map(line => JSON.parse(line) as Record<string, unknown>),
    async stop() {
      isStopped = true;
      await server.stop();
      await api.close();
    },
  };
};
