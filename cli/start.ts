/** `annals start`: the pipeline in this process, until SIGINT or SIGTERM. */
import { styleText } from 'node:util';
import { CatalogueError } from '#catalogue/folder.ts';
import { isLoopback } from '#domain/loopback.ts';
import { DataDirectoryError } from '#embedded/data-directory.ts';
import { startInstallation } from '#embedded/installation.ts';
import { dataDirectory } from './connection.ts';
import { Failure } from './failure.ts';

export type StartOptions = {
  data?: string;
  host?: string;
  port?: number;
  memory?: string;
  webhook?: string;
  catalogue?: string;
  strict?: boolean;
};

const defaultPort = 8787;

export const start = async (options: StartOptions): Promise<void> => {
  const host = options.host ?? process.env.ANNALS_HOST ?? '127.0.0.1';
  if (!isLoopback(host))
    process.stderr.write(
      `${styleText('yellow', 'warning')} ${host} is reached from other machines, and tokens and events pass unencrypted; put a proxy with TLS in front\n`,
    );
  const installation = await startInstallation({
    data: dataDirectory(options.data),
    host,
    port: options.port ?? portOf(process.env.ANNALS_PORT),
    memoryLimit: options.memory ?? process.env.ANNALS_MEMORY ?? '1GiB',
    webhook: webhookOf(options.webhook ?? process.env.ANNALS_WEBHOOK),
    catalogue: options.catalogue ?? (process.env.ANNALS_CATALOGUE || undefined),
    catalogueMode: options.strict ? 'strict' : modeOf(process.env.ANNALS_CATALOGUE_MODE),
  }).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof DataDirectoryError || error instanceof CatalogueError)
      throw new Failure(1, error.message, { cause: error });
    if (error.code === 'EADDRINUSE')
      throw new Failure(1, 'The port is in use; choose another with --port or ANNALS_PORT, 0 for any', {
        cause: error,
      });
    throw error;
  });
  const { url, data } = installation;
  process.stdout.write(`${styleText('green', 'Annals listens on')} ${url}
  data  ${data.root}
  keys  ${data.keys} (emitter, support, operator)

Send an event:
  ${curlLine(url, data.keys)}

Export it, for somebody who may read it:
  npm run annals -- admin grant --data ${shellQuote(data.root)} --scope acme --user u-17
  npm run annals -- export --data ${shellQuote(data.root)} --scope acme --requested-by u-17 --reason "first look"
`);
  await new Promise<void>(resolve => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  process.stdout.write('Stopping: requests in progress end first\n');
  await installation.stop();
};

/** The secret that it is signed with comes from the environment alone: arguments are seen by everybody on the machine. */
const webhookOf = (url: string | undefined): { url: string; secret: string } | undefined => {
  if (url === undefined || url === '') return undefined;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Failure(2, `The webhook "${url}" is no URL`);
  const secret = process.env.ANNALS_WEBHOOK_SECRET ?? '';
  if (secret.length < 16)
    throw new Failure(
      2,
      'Set ANNALS_WEBHOOK_SECRET to at least 16 characters, which the webhook is signed with',
    );
  return { url, secret };
};

const modeOf = (text: string | undefined): 'open' | 'strict' => {
  if (text === undefined || text === '' || text === 'open') return 'open';
  if (text === 'strict') return 'strict';
  throw new Failure(2, `ANNALS_CATALOGUE_MODE is "${text}"; expected open or strict`);
};

const portOf = (text: string | undefined): number => {
  const port = Number(text ?? defaultPort);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Failure(2, `ANNALS_PORT is "${text}"; expected a port from 0 to 65535, 0 for any`);
  return port;
};

const shellQuote = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** A line that works when pasted into a shell; the token stays in its file. */
const curlLine = (url: string, keys: string): string => {
  const token = `$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).emitter' ${shellQuote(keys)})`;
  const event =
    '{"action":"context.create","actor":{"id":"u-17","type":"user","name":"User 17"},"target":{"id":"c-1","type":"context","name":"deploy"},"scope":{"id":"acme","type":"account"},"success":true}';
  return `curl -sS ${url}/v1/events -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json' -d '${event}'`;
};
