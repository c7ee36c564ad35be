/**
 * The bundles under AWS's runtime client, with a real S3 server: what they answer, what they store, and what
 * a second delivery, a bad record, a rival or a failure changes. The tests follow one another in one
 * installation.
 */
import { gzipSync } from 'node:zlib';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { variablesOf } from '#aws/environment.ts';
import { bucketOf, explicitHashKey, partitionKey } from '#domain/archive/bucket.ts';
import { eventsPrefix, parseObjectKey, watermarkKey } from '#domain/archive/layout.ts';
import { decodePack, heartbeat } from '#domain/archive/pack.ts';
import { functionUrlEvent, httpApiEvent, scheduleEvent } from '#test/lib/lambda-events.ts';
import { type Stage, stages } from '#test/lib/synthesis.ts';
import { anId, eventText, rowText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { readOneMember } from '#test/support/gzip-member.ts';
import { collect } from '#test/support/world.ts';
import { requireTools } from '../tools.ts';
import type { Instance } from './instance.ts';
import type { Outcome } from './runtime-api.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let receive: Instance;
let archive: Instance;
/** Milliseconds from the start of each instance to its first answer, and then to its second. */
const measured: Record<string, [cold: number, warm: number]> = {};

beforeAll(async () => {
  requireTools('runtime');
  world = await openWorld();
});
afterAll(async () => {
  for (const [stage, [cold, warm]] of Object.entries(measured))
    console.log(
      `${stage}: ${cold.toFixed()} ms from its start to its first answer, ${warm.toFixed()} ms to the next`,
    );
  await world?.stop();
});

type Answer = { statusCode: number; headers: Record<string, string>; body: string };
const answerOf = (outcome: Outcome): Answer => {
  expect(outcome).toHaveProperty('result');
  return (outcome as { result: Answer }).result;
};
const send = async (ids: readonly string[]): Promise<Answer> => {
  const lines = ids.map(id => eventText({ id, scope: { id: 'acme', type: 'account' } }));
  const headers = { 'content-type': 'application/x-ndjson' };
  return answerOf(await receive.invoke(functionUrlEvent(lines.join('\n'), headers)));
};
const idOf = (n: number): string => anId.replace(/.{4}$/, String(n).padStart(4, '0'));

const file = async (batch: KinesisStreamEvent, by = archive): Promise<KinesisStreamBatchResponse> => {
  const outcome = await by.invoke(batch);
  expect(outcome).toHaveProperty('result');
  return (outcome as { result: KinesisStreamBatchResponse }).result;
};
const acme = bucketOf('acme', 32);
const complete = { batchItemFailures: [] };

/** Every object of the ledger, with its version. */
const ledger = async (): Promise<string[]> => {
  const objects = await collect(world.ledger.list(eventsPrefix));
  return objects.map(({ key, etag }) => `${key} ${etag}`);
};
const linesOf = async (object: string): Promise<Record<string, unknown>[]> => {
  const { bytes } = (await world.ledger.get(object.split(' ')[0]!))!;
  const lines = readOneMember(bytes).toString().trimEnd().split('\n');
  return lines.map(line => JSON.parse(line) as Record<string, unknown>);
};
const keyOfWatermark = (): string => watermarkKey(world.kinesis.id, world.shard);
const put = (records: readonly { bucket: number; data: Buffer }[]) =>
  world.kinesis.send(
    new PutRecordsCommand({
      StreamName: 'annals',
      Records: records.map(({ bucket, data }) => ({
        Data: data,
        PartitionKey: partitionKey(bucket),
        ExplicitHashKey: explicitHashKey(bucket, 32),
      })),
    }),
  );

/** Starts an instance and measures its first two answers. */
const startMeasured = async (
  stage: Stage,
  event: unknown,
): Promise<{ instance: Instance; first: Outcome }> => {
  const start = performance.now();
  const instance = await world.start(stage);
  const first = await instance.invoke(event);
  const answered = performance.now();
  await instance.invoke(event);
  measured[stage] = [answered - start, performance.now() - answered];
  return { instance, first };
};

describe('receive', () => {
  it('answers 202, and its pack is on the stream', async () => {
    const { instance, first } = await startMeasured('receive', functionUrlEvent(eventText({ id: idOf(1) })));
    receive = instance;
    const { statusCode, headers, body } = answerOf(first);
    expect([statusCode, headers['content-type']]).toEqual([202, 'application/json']);
    expect(JSON.parse(body)).toMatchObject({ accepted: 1, rejected: [] });
    const { Records } = await world.batch();
    expect(Records).toHaveLength(2);
    const { lines } = decodePack(Buffer.from(Records[0]!.kinesis.data, 'base64')) as { lines: Buffer[] };
    expect(lines.map(line => (JSON.parse(line.toString()) as { id: string }).id)).toEqual([idOf(1)]);
  });

  it('knows a direct invocation by the alias in the context of the runtime client', async () => {
    const direct = { body: eventText({ id: idOf(2) }), content_type: 'application/json' };
    expect(answerOf(await receive.invoke(direct, 'direct'))).toMatchObject({ statusCode: 202 });
    // Without the alias it is a request of the URL, which has no such members.
    expect(answerOf(await receive.invoke(direct)).statusCode).not.toBe(202);
  });

  it('gives the error of the runtime if it throws, and its next invocation works', async () => {
    const later = await world.start('receive', { ANNALS_STATE: 'later' });
    const direct = { body: eventText({ id: idOf(3) }), content_type: 'application/json' };
    const { error } = (await later.invoke(direct, 'direct')) as {
      error: { errorType: string; trace: string[] };
    };
    expect(error.errorType).toBe('NoSuchBucket');
    expect(error.trace.length).toBeGreaterThan(1);
    expect(answerOf(await later.invoke(functionUrlEvent(eventText())))).toMatchObject({ statusCode: 500 });
    await world.s3.send(new CreateBucketCommand({ Bucket: 'later' }));
    expect(answerOf(await later.invoke(direct, 'direct'))).toMatchObject({ statusCode: 202 });
    await eventually(async () => {
      const failures = (await later.lines()).filter(({ message }) => message === 'The invocation failed');
      expect(failures.map(({ level, function: name, error }) => [level, name, error])).toEqual([
        ['ERROR', 'receive', 'NoSuchBucket'],
        ['ERROR', 'receive', 'NoSuchBucket'],
      ]);
    });
    await later.stop();
  });
});

describe('archive', () => {
  it('files what receive took: one gzip member, its name, and the watermark with If-Match', async () => {
    const batch = await world.batch(0n);
    world.traffic.take();
    const { instance, first } = await startMeasured('archive', batch);
    archive = instance;
    expect(first).toEqual({ result: complete });
    const objects = await ledger();
    expect(objects).toHaveLength(1);
    const name = parseObjectKey(objects[0]!.split(' ')[0]!)!;
    const sequences = batch.Records.map(({ kinesis }) => kinesis.sequenceNumber);
    expect(name).toMatchObject({
      lane: 'late',
      shard: world.shard,
      firstSequence: sequences[0],
      lastSequence: sequences.at(-1),
    });
    const rows = await linesOf(objects[0]!);
    expect(rows.map(({ id }) => id)).toEqual([idOf(1), idOf(1), idOf(2), idOf(3)]);
    const puts = world.traffic
      .take()
      .filter(({ method, path }) => method === 'PUT' && !path.endsWith('installation.json'));
    expect(
      puts.map(({ path, ifMatch, ifNoneMatch, status }) => [
        path.split('/')[1],
        ifMatch ? 'If-Match' : ifNoneMatch,
        status,
      ]),
    ).toEqual([
      ['state', '*', 200],
      ['ledger', '*', 200],
      ['state', 'If-Match', 200],
    ]);
  });

  it('changes nothing if a batch is delivered again: its watermark has passed it', async () => {
    const before = await ledger();
    world.traffic.take();
    expect(await file(await world.batch(0n))).toEqual(complete);
    expect(world.traffic.take().filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(await ledger()).toEqual(before);
  });

  it('changes nothing if a batch comes again after a crash before the watermark: S3 answers 412', async () => {
    await send([idOf(10), idOf(11)]);
    const batch = await world.batch();
    const earlier = (await world.state.get(keyOfWatermark()))!;
    expect(await file(batch)).toEqual(complete);
    const filed = await ledger();
    const watermark = (await world.state.get(keyOfWatermark()))!;
    expect(await world.state.replace(keyOfWatermark(), earlier.bytes, watermark.etag)).toBe(true);

    world.traffic.take();
    const other = await world.start('archive');
    expect(await file(batch, other)).toEqual(complete);
    const puts = world.traffic
      .take()
      .filter(({ method, path }) => method === 'PUT' && path.startsWith('/ledger/'));
    expect(puts.map(({ status }) => status)).toEqual([412]);
    expect(await ledger()).toEqual(filed);
    expect((await world.state.get(keyOfWatermark()))!.bytes).toEqual(watermark.bytes);
    await other.stop();
  });

  it('fails if another run wrote the watermark meanwhile, and its retry finds everything filed', async () => {
    await send([idOf(20)]);
    const batch = await world.batch();
    const rival = await world.start('archive');
    world.traffic.before(
      ({ method, path, ifMatch }) =>
        method === 'PUT' && path.includes('/watermark/') && ifMatch !== undefined,
      async () => void (await file(batch, rival)),
    );
    const { error } = (await archive.invoke(batch)) as { error: { errorMessage: string } };
    expect(error.errorMessage).toContain('was written by another run; the batch is retried');
    const filed = await ledger();
    expect(await file(batch)).toEqual(complete);
    expect(await ledger()).toEqual(filed);
    expect((await linesOf(filed.at(-1)!)).map(({ id }) => id)).toEqual([idOf(20)]);
    await rival.stop();
  });

  it('quarantines a bad record and files its neighbours; manage shows the gap, and ends it', async () => {
    await send([idOf(30)]);
    await put([{ bucket: 3, data: Buffer.from('This is not a pack') }]);
    await send([idOf(31)]);
    const before = await ledger();
    expect(await file(await world.batch())).toEqual(complete);
    const [filed, ...others] = (await ledger()).filter(object => !before.includes(object));
    expect(others).toEqual([]);
    expect((await linesOf(filed!)).map(({ id }) => id)).toEqual([idOf(30), idOf(31)]);
    const manage = await world.start('manage');
    const asked = httpApiEvent('GET /v1/gaps', { role: 'operator' });
    const { gaps } = JSON.parse(answerOf(await manage.invoke(asked)).body) as { gaps: { id: string }[] };
    expect(gaps).toMatchObject([{ reason: 'The pack does not end with a newline' }]);
    const dismissed = httpApiEvent(
      'POST /v1/gaps/{id}/dismiss',
      { role: 'operator' },
      {
        id: gaps[0]!.id,
        body: '{"reason":"a test"}',
      },
    );
    expect(answerOf(await manage.invoke(dismissed)).statusCode).toBe(200);
    await manage.stop();
  });

  it('leaves to the next run what is beyond the text that one run holds', async () => {
    const row = rowText(idOf(40), '2026-06-23T11:00:00.000000000Z', {
      payload: { name: 'x'.repeat(50_000) },
    });
    const perPack = Math.floor(15_000_000 / row.length);
    const data = gzipSync(`${row}\n`.repeat(perPack));
    // 19 times 15 MB; a run holds 256 MiB.
    await put(Array.from({ length: 19 }, () => ({ bucket: acme, data })));
    const before = await ledger();
    const batch = await world.batch();
    const { batchItemFailures } = await file(batch);
    expect(batchItemFailures).toHaveLength(1);
    const at = batch.Records.findIndex(
      ({ kinesis }) => kinesis.sequenceNumber === batchItemFailures[0]!.itemIdentifier,
    );
    expect(at).toBeGreaterThan(0);
    // Lambda delivers the rest again, from the record that is named on.
    expect(await file({ Records: batch.Records.slice(at) })).toEqual(complete);
    const added = (await ledger()).filter(object => !before.includes(object));
    const counts = await Promise.all(added.map(async object => (await linesOf(object)).length));
    expect(counts).toEqual([perPack * at, perPack * (19 - at)]);
  });
});

describe('tick and describe', () => {
  it('show a log that is complete, once archive has filed the heartbeats', async () => {
    const tick = await world.start('tick');
    expect(await tick.invoke(scheduleEvent())).toEqual({ result: null });
    const batch = await world.batch();
    const heartbeats = batch.Records.filter(({ kinesis }) => kinesis.data === heartbeat().toString('base64'));
    expect(heartbeats).toHaveLength(32);
    expect(await file(batch)).toEqual(complete);
    const { first } = await startMeasured('describe', httpApiEvent('GET /healthz', null));
    const { statusCode, body } = answerOf(first);
    expect([statusCode, JSON.parse(body)]).toMatchObject([200, { status: 'ok' }]);
  });
});

describe('a cold start', () => {
  const isHttp = (stage: Stage): boolean =>
    !['archive', 'compact', 'deliver', 'finish', 'tick'].includes(stage);
  const withDefault = ['ANNALS_NOTIFICATION_EVENTS', 'ANNALS_REFUSED_DAYS', 'ANNALS_REFUSED_BYTES'];

  it.each(stages)('of %s reads its environment, and reports all that it lacks together', async stage => {
    const names: readonly string[] = variablesOf[stage];
    const instance = await world.start(stage, {
      ...Object.fromEntries(names.map(name => [name, undefined])),
      ANNALS_BUCKETS: '3',
    });
    const outcome = await instance.invoke(functionUrlEvent(eventText()));
    if (isHttp(stage)) expect(answerOf(outcome)).toMatchObject({ statusCode: 500 });
    else expect(outcome).toMatchObject({ error: { errorType: 'Error' } });
    const [line] = (await instance.lines()).filter(({ message }) => message === 'The invocation failed');
    const detail = String(line?.detail);
    expect(detail).toContain(`The environment of ${stage} is not complete`);
    expect(detail).toContain('ANNALS_BUCKETS: Expected a power of two from 1 to 4096');
    for (const name of names.filter(name => !withDefault.includes(name)))
      expect(detail).toContain(`${name}: `);
    await instance.stop();
  });
});

it('has asked the stream and S3 alone, and nothing that is not served', () => {
  expect(world.endpoint.failures).toEqual([]);
});
