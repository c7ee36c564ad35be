import { afterEach, describe, expect, it, vi } from 'vitest';
import { settingsOf as readSettings, type StartOptions } from '#cli/start/settings.ts';

const secret = 'hunter2';

const stub = (environment: Record<string, string>): void => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
};
afterEach(() => void vi.unstubAllEnvs());

/** What an installation is started with, without what is left to its defaults. */
const settingsOf = (options: StartOptions, environment: Record<string, string>) => {
  stub(environment);
  const settings = readSettings(options);
  vi.unstubAllEnvs();
  return JSON.parse(JSON.stringify(settings)) as unknown;
};

/** The exit code and the message of a refusal. */
const refusal = (options: StartOptions, environment: Record<string, string> = {}) => {
  stub(environment);
  let failure: { exitCode: number; message: string } | undefined;
  try {
    readSettings(options);
  } catch (error) {
    failure = error as typeof failure;
  }
  vi.unstubAllEnvs();
  expect(failure?.message).not.toContain(secret);
  return [failure?.exitCode, failure?.message];
};

describe('the settings of annals start', () => {
  it.each([
    'host',
    'port',
    'data',
    'memory',
    'webhook',
    'catalogue',
    'with',
    'publicUrl',
    'trustProxy',
    'embedOrigins',
    'webhookEvents',
    'refusedDays',
    'refusedBytes',
    'window',
    'deliveryNetworks',
    'deliveryPorts',
  ] as const)('refuses a flag that is given empty: %s', member => {
    const flag = member.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
    expect(refusal({ [member]: '' })).toEqual([2, `--${flag} is empty; give it a value, or leave it out`]);
  });

  it('reads a variable that is empty as one that is not set', () => {
    const names = [
      'HOST',
      'PORT',
      'DATA',
      'MEMORY',
      'WEBHOOK',
      'WEBHOOK_EVENTS',
      'CATALOGUE',
      'CATALOGUE_MODE',
      'CATALOGUE_WITH',
      'PUBLIC_URL',
      'TRUST_PROXY',
      'EMBED_ORIGINS',
      'REFUSED_DAYS',
      'WINDOW',
      'REFUSED_BYTES',
      'DELIVERY_NETWORKS',
      'DELIVERY_PORTS',
    ];
    expect(settingsOf({}, Object.fromEntries(names.map(name => [`ANNALS_${name}`, ''])))).toEqual({
      data: './.annals',
      host: '127.0.0.1',
      port: 8787,
      front: {},
      memoryLimit: '1GiB',
      catalogueMode: 'open',
    });
  });

  it('takes a flag before a variable, and a variable before the default', () => {
    const environment = {
      ANNALS_HOST: '127.0.0.2',
      ANNALS_PORT: '9000',
      ANNALS_PUBLIC_URL: 'https://audit.example.com/log/',
      ANNALS_TRUST_PROXY: '1',
    };
    expect(settingsOf({}, environment)).toMatchObject({
      host: '127.0.0.2',
      port: 9000,
      front: { publicUrl: 'https://audit.example.com/log', trustedProxies: { hops: 1 } },
    });
    const flags = { host: '127.0.0.3', port: '0', publicUrl: 'http://other.example.com', trustProxy: '2' };
    expect(settingsOf(flags, environment)).toMatchObject({
      host: '127.0.0.3',
      port: 0,
      front: { publicUrl: 'http://other.example.com', trustedProxies: { hops: 2 } },
    });
  });

  it.each([
    ['8788x', 'ANNALS_PORT is "8788x"; expected a port from 0 to 65535, 0 for any'],
    [' ', 'ANNALS_PORT is " "; expected a port from 0 to 65535, 0 for any'],
    ['0x10', 'ANNALS_PORT is "0x10"; expected a port from 0 to 65535, 0 for any'],
    ['65536', 'ANNALS_PORT is "65536"; expected a port from 0 to 65535, 0 for any'],
  ])('refuses an invalid port: %s', (port, message) => {
    expect(refusal({}, { ANNALS_PORT: port })).toEqual([2, message]);
  });

  it('takes the sets of examples from a flag or a variable, and refuses one that there is not', () => {
    const environment = { ANNALS_CATALOGUE_WITH: 'none' };
    expect(settingsOf({}, environment)).toMatchObject({ catalogueWith: ['none'] });
    expect(settingsOf({ with: 'circleci' }, environment)).toMatchObject({
      catalogueWith: ['circleci'],
    });
    const expected = 'Expected names of sets (circleci), separated by commas, or none';
    expect(refusal({ with: 'gitlab' })).toEqual([2, `--with is "gitlab". ${expected}`]);
    expect(refusal({}, { ANNALS_CATALOGUE_WITH: 'circleci,' })).toEqual([
      2,
      `ANNALS_CATALOGUE_WITH is "circleci,". ${expected}`,
    ]);
  });

  it('keeps refused events for as long and as large as a flag or a variable says', () => {
    const environment = { ANNALS_REFUSED_DAYS: '30', ANNALS_REFUSED_BYTES: '1000000' };
    expect(settingsOf({}, environment)).toMatchObject({ refusedDays: 30, refusedBytes: 1_000_000 });
    expect(settingsOf({ refusedDays: '7', refusedBytes: '0' }, environment)).toMatchObject({
      refusedDays: 7,
      refusedBytes: 0,
    });
  });

  it('gathers events for as long as a flag or a variable says', () => {
    const environment = { ANNALS_WINDOW: '30' };
    expect(settingsOf({}, environment)).toMatchObject({ windowSeconds: 30 });
    expect(settingsOf({ window: '0' }, environment)).toMatchObject({ windowSeconds: 0 });
    expect(refusal({ window: '61' })).toEqual([2, '--window is "61"; expected a whole number from 0 to 60']);
  });

  it('lets HTTPS deliveries connect to networks and ports that a flag or a variable names', () => {
    expect(settingsOf({}, { ANNALS_DELIVERY_NETWORKS: '10.0.0.0/8,127.0.0.1' })).toMatchObject({
      deliveryTargets: { networks: ['10.0.0.0/8', '127.0.0.1/32'], ports: [] },
    });
    expect(settingsOf({ deliveryPorts: '8443' }, { ANNALS_DELIVERY_PORTS: '8088' })).toMatchObject({
      deliveryTargets: { networks: [], ports: [8443] },
    });
    expect(refusal({ deliveryNetworks: '10.1.0.0/8' })).toEqual([
      2,
      '--delivery-networks has "10.1.0.0/8", whose network begins elsewhere; write 10.0.0.0/8',
    ]);
    expect(refusal({}, { ANNALS_DELIVERY_PORTS: '8443;8088' })).toEqual([
      2,
      'ANNALS_DELIVERY_PORTS has "8443;8088"; expected ports from 1 to 65535, as in 8088,8443',
    ]);
  });

  it.each([
    [{ refusedDays: '0' }, {}, '--refused-days is "0"; expected a whole number from 1 to 36500'],
    [{ refusedDays: '1.5' }, {}, '--refused-days is "1.5"; expected a whole number from 1 to 36500'],
    [{}, { ANNALS_REFUSED_DAYS: '40000' }, 'ANNALS_REFUSED_DAYS is "40000"; expected a whole number from 1'],
    [{ refusedBytes: '-1' }, {}, '--refused-bytes is "-1"; expected a whole number from 0'],
    [{}, { ANNALS_REFUSED_BYTES: '1GiB' }, 'ANNALS_REFUSED_BYTES is "1GiB"; expected a whole number from 0'],
  ] as const)('refuses days and bytes that are not whole numbers in range: %j %j', (flags, set, message) => {
    expect(refusal(flags, set)).toEqual([2, expect.stringContaining(message)]);
  });

  it('refuses an invalid size of memory, and an unknown mode', () => {
    expect(refusal({ memory: '1' })).toEqual([2, '--memory is "1"; expected a size such as 512MiB or 2GiB']);
    expect(refusal({}, { ANNALS_CATALOGUE_MODE: 'closed' })).toEqual([
      2,
      'ANNALS_CATALOGUE_MODE is "closed"; expected open or strict',
    ]);
  });

  it.each([
    'not a url',
    'ftp://audit.example.com',
    'https:audit.example.com',
    '/audit',
    `https://user:${secret}@audit.example.com`,
    `https://${secret}@audit.example.com`,
    `https://audit.example.com?token=${secret}`,
    'https://audit.example.com/?',
    `https://audit.example.com/#${secret}`,
    'https://audit.example.com/a b',
  ])('refuses a public URL that links cannot begin with, and does not print it: %s', url => {
    expect(refusal({ publicUrl: url })).toEqual([2, expect.stringMatching(/^--public-url /)]);
    expect(refusal({}, { ANNALS_PUBLIC_URL: url })).toEqual([
      2,
      expect.stringMatching(/^ANNALS_PUBLIC_URL /),
    ]);
  });

  it('takes the origins whose pages may hold the page in a frame, and refuses what is not one', () => {
    const origins = 'https://app.example.com,http://localhost:3000';
    expect(settingsOf({ embedOrigins: origins }, {})).toMatchObject({ embedOrigins: origins.split(',') });
    for (const text of ['http://app.example.com', 'https://app.example.com/', '*'])
      expect(refusal({ embedOrigins: text })).toEqual([2, expect.stringMatching(/^--embed-origins /)]);
  });

  it.each(['true', '*', '0.0.0.0/0', 'proxy.internal', '10.0.0.0/33', '-1', '100'])(
    'refuses proxies that are neither addresses nor a number: %s',
    text => {
      expect(refusal({ trustProxy: text })).toEqual([2, expect.stringMatching(/^--trust-proxy is neither/)]);
    },
  );

  it.each([
    [`http://user:${secret}@hooks.example.com`, /^--webhook contains a user name or a password/],
    [`http://${secret}@hooks.example.com`, /^--webhook contains a user name or a password/],
    [`hooks.example.com/${secret}`, /^--webhook is not an http or https URL$/],
    [
      'https://hooks.example.com',
      /^Set ANNALS_WEBHOOK_SECRET, which signs the webhook, to at least 16 characters$/,
    ],
  ])('refuses a webhook that cannot work, and does not print it: %s', (webhook, message) => {
    expect(refusal({ webhook }, { ANNALS_WEBHOOK_SECRET: '' })).toEqual([2, expect.stringMatching(message)]);
  });
});
