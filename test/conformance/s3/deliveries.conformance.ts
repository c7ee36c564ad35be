/** The stage of deliveries into buckets of an S3 server that nobody here wrote, and that fails in between. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { formOf } from '#domain/deliver/forms.ts';
import { partKey, placeOfDelivery } from '#domain/deliver/layout.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { deliverAll } from '#functions/workflows/deliver-all.ts';
import { placeOf } from '#functions/workflows/deliver-world.ts';
import { testDelivery } from '#functions/workflows/test-delivery.ts';
import { cellsOf, type Delivery as Filed, uuid } from '#test/support/browse-world.ts';
import { type Held, readHeld } from '#test/support/deliver-world.ts';
import { requireTools } from '../tools.ts';
import type { Fault } from './faults.ts';
import { bucketOf, type Customers, openCustomers, openStage, prefix, stranger } from './world.ts';

let customers: Customers;
beforeAll(async () => {
  requireTools('s3');
  customers = await openCustomers();
});
afterAll(() => customers?.stop());
beforeEach(() => {
  customers.faults.choose = () => undefined;
  customers.faults.take();
});

const startMs = Date.parse('2026-11-26T10:00:00Z');
const at = (seconds: number): Instant => instantOfMilliseconds(startMs + seconds * 1000);
/** Events that are filed a second apart, from number `first` on. */
const eventsFrom = (first: number, count: number): Filed[] =>
  Array.from({ length: count }, (_, n) => ({
    id: uuid(first + n),
    occurredAt: at(first + n - 1),
    filedAt: at(first + n),
    scope: 'acme',
  }));
const linesOf = (filed: readonly Filed[]): string =>
  filed.map(one => formOf('json').line(cellsOf(one))).join('');

type Stage = Awaited<ReturnType<typeof openStage>>;
type Process = ReturnType<Stage['start']>;

/** Turns of a process until nothing is left that could be done at once. */
const run = async ({ turn }: Pick<Process, 'turn'>): Promise<void> => {
  while ((await turn()).more);
};
/** Turns after the longest pause that follows a failure. */
const runLater = async (stage: Stage, process: Pick<Process, 'turn'>): Promise<void> => {
  stage.clock.ms += 20 * 60_000;
  await run(process);
};

/** The parts of a delivery as one text, in the order of its runs; replays are apart. */
const textOf = (held: Held, id: string, isWanted = (key: string) => !key.includes('/replay=')): string =>
  [...held]
    .filter(([key, { kind }]) => kind === 'rows' && key.includes(`/delivery=${id}.`) && isWanted(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { text }]) => text)
    .join('');

/** The manifests of a delivery: that they are chained, and that each part is there as they say. */
const checkManifests = (held: Held, id: string): void => {
  const { manifests } = readHeld(held, id);
  let previous: string | null = null;
  let end = at(0);
  const named: string[] = [];
  for (const [index, { text, ...manifest }] of manifests.entries()) {
    expect(manifest).toMatchObject({ run: index + 1, filed_from: end, previous_sha256: previous });
    for (const { key, sha256 } of (JSON.parse(text) as { parts: { key: string; sha256: string }[] }).parts) {
      const [path, part] = [...held].find(
        ([path]) => path.includes(`/delivery=${id}.`) && path.endsWith(key),
      )!;
      named.push(path);
      expect(createHash('sha256').update(part.text).digest('hex')).toBe(sha256);
    }
    previous = createHash('sha256').update(text).digest('hex');
    end = manifest.filed_to;
  }
  const there = [...held].filter(([key, { kind }]) => kind === 'rows' && key.includes(`/delivery=${id}.`));
  expect(named.sort()).toEqual(
    there
      .map(([key]) => key)
      .filter(key => !key.includes('/replay='))
      .sort(),
  );
};

/** The whole key of a run's first part, and of the test's object. */
const keyOf = ({ world }: Stage, delivery: Delivery, run: number): string =>
  `${prefix}/${placeOfDelivery(placeOf(world, delivery))}${partKey({ kind: 'rows', run, part: 1, end: at(0) })}`;

it('holds the log in objects and manifests that agree', async () => {
  await customers.makeBucket('plain');
  const stage = await openStage(customers, { rows: 7 });
  await stage.create('siem', { from: at(0), destination: bucketOf('plain') });
  const filed = eventsFrom(1, 50);
  const process = stage.start();
  for (let n = 0; n < filed.length; n += 10) {
    await stage.file(filed.slice(n, n + 10), at(n + 10.5));
    await run(process);
  }
  const held = await customers.held('plain');
  expect(textOf(held, 'siem')).toBe(linesOf(filed));
  checkManifests(held, 'siem');
  expect(readHeld(held, 'siem').manifests).toHaveLength(10);
  expect([...held.keys()][0]).toMatch(
    /^audit\/annals\/test\/scope=acme\/delivery=siem\.00000000\/date=2026-11-26\/000000000001-1\.ndjson\.gz$/,
  );
});

it('takes an object for done that has the same text', async () => {
  await customers.makeBucket('again');
  const stage = await openStage(customers);
  await stage.create('siem', { from: at(0), destination: bucketOf('again') });
  const filed = eventsFrom(1, 5);
  await stage.file(filed, at(10));
  // The process ends when everything is there, and nothing is recorded of it.
  let isThere = false;
  stage.control.onRequest = (_, operation, key) => {
    isThere ||= customers.faults.take().some(({ path, status }) => path.endsWith('.json') && status === 200);
    if (isThere && operation === 'PutObjectCommand' && key.includes('delivery-progress/'))
      throw new Error('ended');
  };
  await stage.start().turn();
  stage.control.onRequest = () => undefined;
  expect(isThere).toBe(true);
  const before = await customers.held('again');
  expect(before.size).toBe(2);
  customers.faults.take();
  await runLater(stage, stage.start());
  expect(customers.faults.take().map(({ method, status }) => [method, status])).toEqual([
    ['PUT', 412],
    ['GET', 200],
    ['PUT', 412],
    ['GET', 200],
  ]);
  expect(await customers.held('again')).toEqual(before);
  expect(textOf(before, 'siem')).toBe(linesOf(filed));
});

it.each([
  ['an object that is not gzip', Buffer.from('somebody else')],
  ['other events', gzipSync('{"id":"x"}\n')],
  ['an object that is much longer', Buffer.alloc(1_000_000, 'x')],
])('stops with key_taken at %s, and replaces nothing', async (name, bytes) => {
  const Bucket = `taken-${bytes.length}`;
  const owner = await customers.makeBucket(Bucket);
  const stage = await openStage(customers);
  const delivery = await stage.create('siem', { from: at(0), destination: bucketOf(Bucket) });
  const filed = eventsFrom(1, 5);
  await stage.file(filed, at(10));
  const Key = keyOf(stage, delivery, 1);
  await owner.send(new PutObjectCommand({ Bucket, Key, Body: bytes }));
  const process = stage.start();
  await run(process);
  await runLater(stage, process);
  expect((await stage.progressOf(delivery)).stopped, name).toMatchObject({ code: 'key_taken' });
  expect(customers.faults.take().filter(({ method, status }) => method === 'PUT' && status < 300)).toEqual(
    [],
  );
  await owner.send(new DeleteObjectCommand({ Bucket, Key }));
  await stage.change(delivery, 'resume');
  await runLater(stage, process);
  const held = await customers.held(Bucket);
  expect(textOf(held, 'siem')).toBe(linesOf(filed));
  checkManifests(held, 'siem');
});

it('has two deliveries and a replay in one bucket, each apart', async () => {
  await customers.makeBucket('shared');
  const stage = await openStage(customers, { rows: 4 });
  const destination = bucketOf('shared');
  const all = await stage.create('all', { from: at(0), destination });
  await stage.create('some', { from: at(0), destination, filter: { action: ['user.login'] } });
  const filed = eventsFrom(1, 20).map((one, n) =>
    n % 3 ? one : { ...one, change: { action: 'user.login' } },
  );
  await stage.file(filed, at(30));
  const process = stage.start();
  await run(process);
  const before = await customers.held('shared');
  await stage.change(all, 'replay', {}, { id: 'r1', first_run: 2, last_run: 4 });
  await runLater(stage, process);
  const held = await customers.held('shared');
  for (const [key, object] of before) expect(held.get(key), key).toEqual(object);
  expect(textOf(held, 'all')).toBe(linesOf(filed));
  expect(textOf(held, 'some')).toBe(linesOf(filed.filter((_, n) => n % 3 === 0)));
  expect(textOf(held, 'all', key => key.includes('/replay=r1/'))).toBe(linesOf(filed.slice(4, 16)));
  checkManifests(held, 'some');
});

/** What a test of the delivery says, and where it stands after a turn. */
const codesOf = async (stage: Stage, delivery: Delivery) => {
  const process = stage.start();
  const tested = await testDelivery(process.world, delivery);
  await run(process);
  const { stopped, failing } = await stage.progressOf(delivery);
  return {
    test: tested.kind === 'failed' ? tested.code : tested.kind,
    stopped: stopped?.code,
    failing: failing?.code,
  };
};

it('stops at a bucket that does not exist, and goes on once it is there', async () => {
  const stage = await openStage(customers);
  const delivery = await stage.create('siem', { from: at(0), destination: bucketOf('later') });
  const filed = eventsFrom(1, 5);
  await stage.file(filed, at(10));
  expect(await codesOf(stage, delivery)).toEqual({ test: 'bucket_missing', stopped: 'bucket_missing' });
  await customers.makeBucket('later');
  await stage.change(delivery, 'resume');
  await run(stage.start());
  expect(textOf(await customers.held('later'), 'siem')).toBe(linesOf(filed));
});

it('stops at a bucket of another account, also if the role may write there, and writes nothing', async () => {
  await customers.makeBucket('of-stranger', stranger);
  const stage = await openStage(customers);
  const delivery = await stage.create('siem', { from: at(0), destination: bucketOf('of-stranger') });
  await stage.file(eventsFrom(1, 5), at(10));
  expect(await codesOf(stage, delivery)).toEqual({
    test: 'bucket_of_another_owner',
    stopped: 'bucket_of_another_owner',
  });
  expect((await customers.held('of-stranger')).size).toBe(0);
});

it('fails where the role may not write, and tries again', async () => {
  await customers.makeBucket('narrow');
  const stage = await openStage(customers);
  const destination = bucketOf('narrow', { prefix: 'elsewhere' });
  const delivery = await stage.create('siem', { from: at(0), destination });
  await stage.file(eventsFrom(1, 5), at(10));
  expect(await codesOf(stage, delivery)).toEqual({ test: 'access_denied', failing: 'access_denied' });
});

it('stops at a bucket of another region', async () => {
  await customers.makeBucket('abroad');
  const stage = await openStage(customers);
  const destination = bucketOf('abroad', { region: 'eu-north-1' });
  const delivery = await stage.create('siem', { from: at(0), destination });
  await stage.file(eventsFrom(1, 5), at(10));
  expect(await codesOf(stage, delivery)).toEqual({
    test: 'bucket_in_another_region',
    stopped: 'bucket_in_another_region',
  });
});

it('is tested by an object that later tests find and leave', async () => {
  await customers.makeBucket('tested');
  const stage = await openStage(customers);
  const delivery = await stage.create('siem', { from: at(0), destination: bucketOf('tested') });
  for (let n = 0; n < 3; n++) expect((await codesOf(stage, delivery)).test).toBe('done');
  const held = await customers.held('tested');
  expect([...held.values()].map(({ text }) => text)).toEqual(['{"annals":"test"}\n']);
});

/** Faults of single requests, and what the delivery says then; the next try finds what there is. */
const singleFaults: [name: string, fault: Fault, method: 'PUT' | 'GET'][] = [
  ['is cut before the request', { after: 'nothing' }, 'PUT'],
  ['is cut within the request', { after: 'half the request' }, 'PUT'],
  ['is cut before the answer', { after: 'the request' }, 'PUT'],
  ['is cut within the answer', { after: 'half the answer' }, 'GET'],
];
it.each(singleFaults)('puts each event once if a connection %s', async (_, fault, method) => {
  const Bucket = `cut-${fault.after.replaceAll(' ', '-')}`;
  await customers.makeBucket(Bucket);
  const stage = await openStage(customers, { rows: 3 });
  await stage.create('siem', { from: at(0), destination: bucketOf(Bucket) });
  const filed = eventsFrom(1, 12);
  await stage.file(filed, at(20));
  let requests = 0;
  let faults = 0;
  // An answer is read only of an object that is there already: so that there are some, answers to puts are cut too.
  customers.faults.choose = exchange => {
    if (method === 'GET' && exchange.method === 'PUT' && requests++ % 2 === 0)
      return { after: 'the request' };
    if (exchange.method !== method || faults >= 20 || requests++ % 3 === 2) return undefined;
    faults += 1;
    return fault;
  };
  const process = stage.start();
  for (let n = 0; n < 40; n++) await runLater(stage, process);
  expect(faults).toBeGreaterThanOrEqual(3);
  const held = await customers.held(Bucket);
  expect(textOf(held, 'siem')).toBe(linesOf(filed));
  checkManifests(held, 'siem');
});

it.each([
  ['does not answer', 'PUT'],
  ['stops within its answer', 'GET'],
])('is not held up by a server that %s', async (_, method) => {
  const Bucket = `slow-${method.toLowerCase()}`;
  await customers.makeBucket(Bucket);
  const ends = new AbortController();
  const end = (): void => ends.abort(new DOMException('', 'TimeoutError'));
  let isHanging = false;
  // The time of the turn ends once the request hangs: before its answer, or in its body.
  const stage = await openStage(customers, { onAnswer: () => void (isHanging && end()) });
  const delivery = await stage.create('siem', { from: at(0), destination: bucketOf(Bucket) });
  const filed = eventsFrom(1, 5);
  await stage.file(filed, at(20));
  let puts = 0;
  customers.faults.choose = exchange => {
    if (method === 'GET' && exchange.method === 'PUT' && puts++ === 0) return { after: 'the request' };
    if (exchange.method !== method || isHanging) return undefined;
    isHanging = true;
    if (method === 'GET') return { after: 'half the answer', hangs: true };
    return { after: 'the request', hangs: true, do: async () => end() };
  };
  const { world, memory, turn } = stage.start();
  await deliverAll(world, memory, { mayBegin: () => true, signal: ends.signal });
  expect(isHanging).toBe(true);
  expect((await stage.progressOf(delivery)).failing?.code).toBe('timed_out');
  await runLater(stage, { turn });
  const held = await customers.held(Bucket);
  expect(textOf(held, 'siem')).toBe(linesOf(filed));
  checkManifests(held, 'siem');
});

/** The same numbers at every run. */
const numbers = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

it('puts each of 1,000 events into one object while the server is killed again and again', async () => {
  await customers.makeBucket('killed');
  const stage = await openStage(customers, { rows: 40 });
  await stage.create('siem', { from: at(0), destination: bucketOf('killed') });
  const filed = eventsFrom(1, 1000);
  const random = numbers(17);
  const points = ['nothing', 'half the request', 'the request', 'half the answer'] as const;
  let kills = 0;
  let untilKill = 0;
  const { server, faults } = customers;
  faults.choose = () => {
    if (untilKill-- > 0 || kills >= 40) return undefined;
    kills += 1;
    untilKill = Math.floor(random() * 5);
    const after = points[Math.floor(random() * points.length)]!;
    return { after, do: () => server.kill() };
  };
  let process = stage.start();
  for (let n = 0; n < filed.length; n += 100) {
    await stage.file(filed.slice(n, n + 100), at(n + 100.5));
    for (let turns = 0; turns < 8; turns++) {
      await runLater(stage, process);
      await server.restart();
      // The process that delivers is another one now and then, and knows nothing of the last.
      if (random() < 0.3) process = stage.start();
    }
  }
  faults.choose = () => undefined;
  await runLater(stage, process);
  expect(kills).toBe(40);
  const held = await customers.held('killed');
  expect(textOf(held, 'siem')).toBe(linesOf(filed));
  checkManifests(held, 'siem');
});
