/**
 * deliver: how long after its acknowledgement an event is at the destination of a delivery: in a file of a directory, or
 * received by an HTTPS server on loopback. The server runs as `npm start` runs it, in a process and a folder of its own.
 * The floor is how long the same events take until they are filed in the ledger, which every delivery reads.
 */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type BenchReceiver, startReceivers } from './deliver-receivers.ts';
import { benchEvent } from './events.ts';
import type { Figure, Heading } from './figure.ts';
import { annalsPeer } from './peers/annals.ts';
import { pause } from './peers/peer.ts';
import { quantile } from './peers/turns.ts';

const everyMs = 20;
const seconds = 60;
const giveUpAfterMs = 300_000;

type Destination = 'directory' | 'https';
type Wanted = { deliveries: number; to: Destination; hanging?: number };
type Quantiles = { p50: number; p99: number; most: number };
export type DeliverResult = Quantiles & {
  what: string;
  events: number;
  filed: Quantiles;
  /** Of an event, in milliseconds, with its request and its filing. */
  cpuMs: number;
};

export const deliverHeading: Heading = {
  name: 'deliver',
  measures: 'seconds from the acknowledgement of an event to its line at the destination, p99',
  floor: 'seconds to the ledger',
};
export const deliverFigure = ({ what, events, p50, p99, most, filed, cpuMs }: DeliverResult): Figure => ({
  what,
  value: p99,
  floor: filed.p99,
  unit: 's',
  better: 'less',
  aim: 10 / filed.p99,
  note:
    `p50 ${p50.toFixed(2)} s, at most ${most.toFixed(2)} s, ${events} events; ` +
    `${cpuMs.toFixed(1)} ms of CPU an event`,
});

export const benchDeliver = async (
  say: (text: string) => void,
  add: (result: DeliverResult) => void,
): Promise<void> => {
  const wanted: Wanted[] = [
    { deliveries: 0, to: 'directory' },
    { deliveries: 1, to: 'directory' },
    { deliveries: 100, to: 'directory' },
    { deliveries: 1000, to: 'directory' },
    { deliveries: 1, to: 'https' },
    { deliveries: 100, to: 'https' },
    { deliveries: 950, to: 'directory', hanging: 50 },
  ];
  for (const one of wanted) add(await measure(say, one));
};

const nameOf = ({ deliveries, to, hanging }: Wanted): string =>
  deliveries === 0
    ? 'no delivery: to the ledger'
    : `${deliveries} to ${to}${hanging ? `, ${hanging} hang` : ''}`;

const measure = async (say: (text: string) => void, wanted: Wanted): Promise<DeliverResult> => {
  const what = nameOf(wanted);
  const { deliveries, to, hanging = 0 } = wanted;
  const folder = await mkdtemp(join(tmpdir(), 'annals-deliver-'));
  const stopping = new AbortController();
  const data = join(folder, 'data');
  const receivers = await startReceivers(folder, { well: to === 'https' ? 1 : 0, hanging });
  const annals = annalsPeer(data, stopping.signal, receivers.environment);
  try {
    await annals.create();
    const { operator } = JSON.parse(await readFile(join(data, 'keys.json'), 'utf8')) as { operator: string };
    const { url } = annals.target();
    const scopes = Math.max(1, deliveries);
    say(`deliver: making ${what}`);
    const makers: (() => Promise<void>)[] = [];
    for (let n = 0; n < deliveries + hanging; n++) {
      const receiver = n < deliveries ? receivers.well[0] : receivers.hanging[n - deliveries];
      makers.push(() =>
        makeDelivery({ url, operator, scope: `scope-${n % scopes}`, id: `d-${n}`, receiver }),
      );
    }
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let make = makers.shift(); make; make = makers.shift()) await make();
      }),
    );
    // What making them has recorded is delivered first.
    await pause(deliveries === 0 ? 0 : 15_000);
    say(`deliver: ${what}`);
    const before = await annals.cpuSeconds();
    const acknowledged = await send(annals.target(), scopes);
    const places = [...acknowledged.keys()];
    const giveUpAt = performance.now() + giveUpAfterMs;
    let arrived = new Map<string, number>();
    const arrivals = async () =>
      to === 'https' ? receivers.arrived : arrivedBelow(join(data, 'deliveries'), '.ndjson.gz');
    const filedAt = () => arrivedBelow(join(data, 'buckets/ledger'), '.gz');
    for (;;) {
      arrived = deliveries === 0 ? await filedAt() : await arrivals();
      if (places.every(id => arrived.has(id))) break;
      if (performance.now() > giveUpAt) throw new Error(`${what}: events do not arrive`);
      await pause(2000);
    }
    const cpuMs = (((await annals.cpuSeconds()) - before) / places.length) * 1000;
    const filed = quantilesOf(acknowledged, await filedAt());
    return { what, events: places.length, ...quantilesOf(acknowledged, arrived), filed, cpuMs };
  } finally {
    await annals.stop();
    receivers.stop();
    stopping.abort();
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
};

type Making = { url: URL; operator: string; scope: string; id: string; receiver: BenchReceiver | undefined };

/** Makes a delivery and tests it, so that it begins. */
const makeDelivery = async ({ url, operator, scope, id, receiver }: Making): Promise<void> => {
  const call = async (path: string, method: string, body?: object): Promise<unknown> => {
    const response = await fetch(new URL(`/v1/scopes/${scope}${path}`, url), {
      method,
      headers: { authorization: `Bearer ${operator}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  if (receiver) await call('/admins/u-1', 'PUT');
  await call(`/deliveries/${id}`, 'PUT', {
    destination: receiver ? { type: 'https', url: receiver.url } : { type: 'directory', path: scope },
    ...(receiver ? { requested_by: 'u-1' } : {}),
  });
  const test = (await call(`/deliveries/${id}/test`, 'POST')) as { ok: boolean; code: string };
  if (!test.ok) throw new Error(`The test of ${id} failed: ${test.code}`);
};

/** Sends single events at a steady rate, of the scopes in turn; returns when each was acknowledged, in Unix time. */
const send = async (
  { url, headers }: { url: URL; headers: Record<string, string> },
  scopes: number,
): Promise<Map<string, number>> => {
  const acknowledged = new Map<string, number>();
  const sending: Promise<void>[] = [];
  const startedMs = performance.now();
  for (let n = 0; n < (seconds * 1000) / everyMs; n++) {
    await pause(Math.max(0, startedMs + n * everyMs - performance.now()));
    const event = benchEvent(n, `scope-${n % scopes}`, Date.now());
    const post = async (): Promise<void> => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(event),
      });
      if (response.status !== 202) throw new Error(`${url} answered ${response.status}; expected 202`);
      await response.arrayBuffer();
      acknowledged.set(event.id as string, Date.now());
    };
    sending.push(post());
  }
  await Promise.all(sending);
  return acknowledged;
};

/** When each event came into a file below a folder: the time of the file's last name, in Unix time. */
const arrivedBelow = async (folder: string, ending: string): Promise<Map<string, number>> => {
  const found = new Map<string, number>();
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const file of files) {
    if (!file.isFile() || !file.name.endsWith(ending)) continue;
    const path = join(file.parentPath, file.name);
    const { ctimeMs } = await stat(path);
    for (const line of gunzipSync(await readFile(path))
      .toString()
      .split('\n'))
      if (line !== '') found.set((JSON.parse(line) as { id: string }).id, ctimeMs);
  }
  return found;
};

const quantilesOf = (from: ReadonlyMap<string, number>, to: ReadonlyMap<string, number>): Quantiles => {
  const taken = [...from].map(([id, ms]) => Math.max(0, (to.get(id) ?? Number.NaN) - ms) / 1000);
  if (taken.some(Number.isNaN)) throw new Error('An event is not where it was looked for');
  const [p50, p99, most] = [0.5, 0.99, 1].map(share => quantile(taken, share)) as [number, number, number];
  return { p50, p99, most };
};
