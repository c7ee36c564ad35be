/** The settings of an installation, from the flags of `annals start` and the environment. */
import { setsOf } from '#cli/catalogue/sets.ts';
import { dataDirectory } from '#cli/connection.ts';
import { setting } from '#cli/environment.ts';
import { Failure } from '#cli/failure.ts';
import { parseTrustedProxies } from '#domain/access/caller-address.ts';
import { type AllowedTargets, parseNetworks, parsePorts } from '#domain/deliver/allowed-targets.ts';
import { parseEmbedOrigins } from '#domain/http/embed-origins.ts';
import { parsePublicUrl } from '#domain/http/public-url.ts';
import { maxRateLimit } from '#embedded/access/rate-limits.ts';
import type { Front } from '#embedded/http/gateway.ts';
import { type Given, webhookOf } from './webhook.ts';

const defaultPort = 8787;
const defaultMemory = '1GiB';

export type StartOptions = {
  data?: string;
  host?: string;
  port?: string;
  publicUrl?: string;
  trustProxy?: string;
  embedOrigins?: string;
  memory?: string;
  webhook?: string;
  webhookEvents?: string;
  catalogue?: string;
  with?: string;
  refusedDays?: string;
  refusedBytes?: string;
  window?: string;
  deliveryNetworks?: string;
  deliveryPorts?: string;
  rateLimit?: string;
  strict?: boolean;
  strictPayloads?: boolean;
  sample?: boolean;
};

export const settingsOf = (options: StartOptions) => ({
  data: dataDirectory(given(options, 'data')?.value),
  host: given(options, 'host')?.value ?? '127.0.0.1',
  port: portOf(given(options, 'port')),
  front: frontOf(options),
  embedOrigins: embedOriginsOf(given(options, 'embedOrigins')),
  memoryLimit: memoryOf(given(options, 'memory')),
  webhook: webhookOf(given(options, 'webhook'), given(options, 'webhookEvents')),
  catalogue: given(options, 'catalogue')?.value,
  catalogueWith: setsOf(given(options, 'with')),
  catalogueMode: options.strict ? ('strict' as const) : modeOf(setting('ANNALS_CATALOGUE_MODE')),
  strictPayloads: options.strictPayloads,
  refusedDays: wholeOf(given(options, 'refusedDays'), { least: 1, most: 36_500 }),
  refusedBytes: wholeOf(given(options, 'refusedBytes'), { least: 0, most: Number.MAX_SAFE_INTEGER }),
  rateLimit: wholeOf(given(options, 'rateLimit'), { least: 1, most: maxRateLimit }),
  // Health reports a log that is five minutes behind; heartbeats come every minute.
  windowSeconds: wholeOf(given(options, 'window'), { least: 0, most: 60 }),
  deliveryTargets: targetsOf(given(options, 'deliveryNetworks'), given(options, 'deliveryPorts')),
});

/** The variable that stands in for a flag. */
const variables = {
  data: 'ANNALS_DATA',
  host: 'ANNALS_HOST',
  port: 'ANNALS_PORT',
  publicUrl: 'ANNALS_PUBLIC_URL',
  trustProxy: 'ANNALS_TRUST_PROXY',
  embedOrigins: 'ANNALS_EMBED_ORIGINS',
  memory: 'ANNALS_MEMORY',
  webhook: 'ANNALS_WEBHOOK',
  webhookEvents: 'ANNALS_WEBHOOK_EVENTS',
  catalogue: 'ANNALS_CATALOGUE',
  with: 'ANNALS_CATALOGUE_WITH',
  refusedDays: 'ANNALS_REFUSED_DAYS',
  refusedBytes: 'ANNALS_REFUSED_BYTES',
  window: 'ANNALS_WINDOW',
  rateLimit: 'ANNALS_RATE_LIMIT',
  deliveryNetworks: 'ANNALS_DELIVERY_NETWORKS',
  deliveryPorts: 'ANNALS_DELIVERY_PORTS',
} as const;

const given = (options: StartOptions, member: keyof typeof variables): Given => {
  const flag = options[member];
  const name = `--${member.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;
  if (flag === '') throw new Failure(2, `${name} is empty; give it a value, or leave it out`);
  if (flag !== undefined) return { value: flag, name };
  const value = setting(variables[member]);
  return value === undefined ? undefined : { value, name: variables[member] };
};

/** The proxy in front of the server: its URL, and which forwarded addresses are trusted. */
const frontOf = (options: StartOptions): Front => {
  const url = given(options, 'publicUrl');
  const parsed = url && parsePublicUrl(url.value);
  // Messages do not contain the values: one in the wrong place may be a secret.
  if (parsed && 'fault' in parsed) throw new Failure(2, `${url!.name} ${parsed.fault}`);
  const trust = given(options, 'trustProxy');
  const trustedProxies = trust && parseTrustedProxies(trust.value);
  if (trust && !trustedProxies)
    throw new Failure(
      2,
      `${trust.name} is neither a number of proxies from 0 to 32 nor a list of addresses, such as` +
        ' 10.0.0.7 or 10.0.0.0/8',
    );
  return { publicUrl: parsed?.url, trustedProxies };
};

const embedOriginsOf = (origins: Given): readonly string[] | undefined => {
  if (!origins) return undefined;
  const parsed = parseEmbedOrigins(origins.value);
  if ('fault' in parsed) throw new Failure(2, `${origins.name} ${parsed.fault}`);
  return parsed.origins;
};

/** What HTTPS deliveries may connect to besides public addresses on port 443. */
const targetsOf = (networks: Given, ports: Given): AllowedTargets | undefined => {
  if (!networks && !ports) return undefined;
  const reachable = networks ? parseNetworks(networks.value) : { networks: [] };
  if ('fault' in reachable) throw new Failure(2, `${networks!.name} ${reachable.fault}`);
  const open = ports ? parsePorts(ports.value) : { ports: [] };
  if ('fault' in open) throw new Failure(2, `${ports!.name} ${open.fault}`);
  return { ...reachable, ...open };
};

const modeOf = (text: string | undefined): 'open' | 'strict' => {
  if (text === undefined || text === 'open') return 'open';
  if (text === 'strict') return 'strict';
  throw new Failure(2, `ANNALS_CATALOGUE_MODE is "${text}"; expected open or strict`);
};

const wholeOf = (number: Given, { least, most }: { least: number; most: number }): number | undefined => {
  if (!number) return undefined;
  const { name, value } = number;
  if (!/^\d{1,16}$/.test(value) || Number(value) < least || Number(value) > most)
    throw new Failure(2, `${name} is "${value}"; expected a whole number from ${least} to ${most}`);
  return Number(value);
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
    throw new Failure(2, `${memory.name} is "${memory.value}"; expected a size such as 512MiB or 2GiB`);
  return memory.value;
};
