/** `annals start`: the pipeline in this process, until SIGINT or SIGTERM. */
import { styleText } from 'node:util';
import { CatalogueError } from '#catalogue/build/folder.ts';
import { setsOf } from '#cli/catalogue-sets.ts';
import { dataDirectory } from '#cli/connection.ts';
import { firstEvent } from '#cli/demo/first-event.ts';
import { setting } from '#cli/environment.ts';
import { Failure } from '#cli/failure.ts';
import { firstStopSignal } from '#cli/stop-signals.ts';
import { webhookOf } from '#cli/webhook.ts';
import { parseTrustedProxies } from '#domain/access/caller-address.ts';
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import { parsePublicUrl } from '#domain/http/public-url.ts';
import { isLoopback } from '#domain/loopback.ts';
import { DataDirectoryError } from '#embedded/data-directory.ts';
import type { Front } from '#embedded/http/gateway.ts';
import { startInstallation } from '#embedded/installation.ts';

export type StartOptions = {
  data?: string;
  host?: string;
  port?: string;
  publicUrl?: string;
  trustProxy?: string;
  memory?: string;
  webhook?: string;
  webhookEvents?: string;
  catalogue?: string;
  with?: string;
  strict?: boolean;
  strictPayloads?: boolean;
};

const defaultPort = 8787;
const defaultMemory = '1GiB';

/** What a flag says, else the environment. */
const given = (
  options: StartOptions,
  member: Exclude<keyof StartOptions, 'strict' | 'strictPayloads'>,
  variable: string,
): { value: string; name: string } | undefined => {
  const flag = options[member];
  const name = `--${member.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
  if (flag === '') throw new Failure(2, `${name} is empty; give a value, or leave it out`);
  if (flag !== undefined) return { value: flag, name };
  const value = setting(variable);
  return value === undefined ? undefined : { value, name: variable };
};

export const start = async (options: StartOptions): Promise<void> => {
  const host = given(options, 'host', 'ANNALS_HOST')?.value ?? '127.0.0.1';
  const front = frontOf(options);
  const settings = {
    data: dataDirectory(given(options, 'data', 'ANNALS_DATA')?.value),
    host,
    port: portOf(given(options, 'port', 'ANNALS_PORT')),
    front,
    memoryLimit: memoryOf(given(options, 'memory', 'ANNALS_MEMORY')),
    webhook: webhookOf(
      given(options, 'webhook', 'ANNALS_WEBHOOK'),
      given(options, 'webhookEvents', 'ANNALS_WEBHOOK_EVENTS'),
    ),
    catalogue: given(options, 'catalogue', 'ANNALS_CATALOGUE')?.value,
    catalogueWith: setsOf(given(options, 'with', 'ANNALS_CATALOGUE_WITH')),
    catalogueMode: options.strict ? ('strict' as const) : modeOf(setting('ANNALS_CATALOGUE_MODE')),
    strictPayloads: options.strictPayloads,
    refusedDays: wholeOf('ANNALS_REFUSED_DAYS', 1),
    refusedBytes: wholeOf('ANNALS_REFUSED_BYTES', 0),
  };
  warnOfOpenDoor(host, front.publicUrl);
  const stopped = firstStopSignal();
  const installation = await startInstallation(settings).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof DataDirectoryError || error instanceof CatalogueError)
      throw new Failure(1, error.message, { cause: error });
    if (error.code === 'EADDRINUSE')
      throw new Failure(1, 'The port is in use; choose another with --port or ANNALS_PORT, 0 for any', {
        cause: error,
      });
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EACCES')
      throw new Failure(1, `The server cannot listen there (${error.code}); see --host and --port`, {
        cause: error,
      });
    throw error;
  });
  const { url, data, catalogue } = installation;
  const seenAs = front.publicUrl ?? url;
  process.stdout.write(`${styleText('green', 'Annals listens on')} ${url}${seenAs === url ? '' : `, and others reach it at ${seenAs}`}
  data  ${data.root}
  keys  ${data.keys} (emitter, support, operator)

Send an event:
  ${curlLine(seenAs, data.keys, catalogue)}

Export it, for somebody who may read it:
  npm run annals -- admin grant --data ${shellQuote(data.root)} --scope acme --user u-17
  npm run annals -- export --data ${shellQuote(data.root)} --scope acme --requested-by u-17 --reason "first look"
`);
  await stopped;
  process.stdout.write('Stopping: requests in progress end first\n');
  await installation.stop();
};

const warnOfOpenDoor = (host: string, publicUrl: string | undefined): void => {
  if (isLoopback(host) || publicUrl?.startsWith('https:')) return;
  const warning = styleText('yellow', 'warning', { stream: process.stderr });
  process.stderr.write(
    `${warning} ${host} is reached from other machines, and tokens and events pass unencrypted; put a proxy with TLS in front, and name it with --public-url\n`,
  );
};

type Given = ReturnType<typeof given>;

/** The proxy in front, by what it is called and by what its word on addresses is worth. */
const frontOf = (options: StartOptions): Front => {
  const url = given(options, 'publicUrl', 'ANNALS_PUBLIC_URL');
  const parsed = url && parsePublicUrl(url.value);
  // Neither is printed: what is in the wrong place may be a secret.
  if (parsed && 'fault' in parsed) throw new Failure(2, `${url!.name} ${parsed.fault}`);
  const trust = given(options, 'trustProxy', 'ANNALS_TRUST_PROXY');
  const trustedProxies = trust && parseTrustedProxies(trust.value);
  if (trust && !trustedProxies)
    throw new Failure(
      2,
      `${trust.name} is neither a number of proxies from 0 to 32 nor a list of their addresses, as 10.0.0.7 or 10.0.0.0/8`,
    );
  return { publicUrl: parsed?.url, trustedProxies };
};

const modeOf = (text: string | undefined): 'open' | 'strict' => {
  if (text === undefined || text === 'open') return 'open';
  if (text === 'strict') return 'strict';
  throw new Failure(2, `ANNALS_CATALOGUE_MODE is "${text}"; expected open or strict`);
};

/** A whole number from the environment; undefined if it is not set. */
const wholeOf = (variable: string, least: number): number | undefined => {
  const text = setting(variable);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text) || Number(text) < least)
    throw new Failure(2, `${variable} is "${text}"; expected a whole number from ${least}`);
  return Number(text);
};

const portOf = (port: Given): number => {
  if (!port) return defaultPort;
  if (!/^\d{1,5}$/.test(port.value) || Number(port.value) > 65_535)
    throw new Failure(2, `${port.name} is "${port.value}"; expected a port from 0 to 65535, 0 for any`);
  return Number(port.value);
};

const memoryOf = (memory: Given): string => {
  if (!memory) return defaultMemory;
  if (!/^\d{1,9}(\.\d{1,9})? ?[KMGT]i?B$/i.test(memory.value))
    throw new Failure(2, `${memory.name} is "${memory.value}"; expected a size as 512MiB or 2GiB`);
  return memory.value;
};

const shellQuote = (text: string): string =>
  /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** A line that works when pasted into a shell; the token stays in its file. */
const curlLine = (url: string, keys: string, catalogue: Catalogue): string => {
  const token = `$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).emitter' ${shellQuote(keys)})`;
  const event = JSON.stringify(firstEvent(catalogue));
  return `curl -sS ${shellQuote(`${url}/v1/events`)} -H "Authorization: Bearer ${token}" -H 'Content-Type: application/json' -d ${shellQuote(event)}`;
};
