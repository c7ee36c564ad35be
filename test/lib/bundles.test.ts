import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { variablesOf } from '#aws/environment.ts';
import { openBucket } from '#aws/objects.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { adminKey } from '#domain/access/layout.ts';
import { bucketOf, explicitHashKey, partitionKey } from '#domain/archive/bucket.ts';
import { onFailurePrefix } from '#domain/archive/layout.ts';
import { parseSegmentKey, segmentKey } from '#domain/compact/layout.ts';
import { activeExportKey } from '#domain/export/layout.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { MetricValues } from '#domain/metrics.ts';
import { dayBefore } from '#domain/time.ts';
import { anId, eventObject, eventText } from '#test/support/builders.ts';
import { ledgerObject } from '#test/support/compact-world.ts';
import { eventually } from '#test/support/eventually.ts';
import { parseCsv } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { type Deployed, deploy } from './deployed.ts';
import {
  type Caller,
  functionUrlEvent,
  httpApiEvent,
  queryStateChange,
  scheduleEvent,
} from './lambda-events.ts';
import { isBuiltIn } from './policy.ts';
import { list } from './synth.ts';
import { cdkSynth, type Stage } from './synthesis.ts';

let world: Deployed;
beforeAll(async () => {
  world = await deploy();
});
afterAll(() => world?.stop());

type Received = { statusCode: number; headers: Record<string, string>; body: string };
const post = async (body: string | Buffer, headers: Record<string, string> = {}) => {
  const {
    statusCode,
    body: answer,
    headers: given,
  } = (await world.runtimes.receive.invoke(functionUrlEvent(body, headers))) as Received;
  return {
    status: statusCode,
    headers: given,
    ...(JSON.parse(answer) as { accepted: number; rejected: { code: string }[] }),
  };
};
const support: Caller = { role: 'support' };
const operator: Caller = { role: 'operator' };
const granted = new Set<string>();
/** Asks for an export; u-1, for whom support asks, is made an admin of the scope first. */
const ask = async (scope_id: string, caller: Caller = support, headers: Record<string, string> = {}) => {
  if (!granted.has(scope_id)) await grant(scope_id, 'u-1');
  granted.add(scope_id);
  const body = JSON.stringify({
    scope_id,
    ...(caller && 'role' in caller ? { requested_by: 'u-1', reason: 'ticket 1' } : {}),
  });
  return world.http('export', httpApiEvent('POST /v1/exports', caller, { body, headers }));
};
const show = (id: string, caller: Caller = support) =>
  world.http('export', httpApiEvent('GET /v1/exports/{id}', caller, { id }));
/** Files what has come, and lets finish hear of every query that ends, until the export has come to its end. */
const finished = async (id: string, caller: Caller = support) => {
  return eventually(async () => {
    await world.file();
    await world.tellEnds();
    const { json } = await show(id, caller);
    expect(['succeeded', 'failed']).toContain(json.status);
    return json;
  });
};
/** Files what has come, and gives the news that the query of an export has ended, which nobody has been told. */
const endOfQuery = async (id: string) => {
  await world.file();
  await world.tellEnds();
  await show(id);
  await eventually(() => expect(world.ended).toHaveLength(1));
  const [end] = world.ended.splice(0);
  return queryStateChange(end!.queryExecutionId, 'SUCCEEDED');
};
/** Takes the last events of a job back, as if a crash had come before them. */
const rewind = async (id: string, keep: (count: number) => number): Promise<void> => {
  const { Contents } = (await world.s3.send(
    new ListObjectsV2Command({ Bucket: 'state', Prefix: `exports/${id}/` }),
  )) as { Contents: { Key: string }[] };
  for (const { Key } of Contents.slice(keep(Contents.length)))
    await world.s3.send(new DeleteObjectCommand({ Bucket: 'state', Key }));
  await putState(activeExportKey(id), {});
};
/** An invocation some minutes from now: no export is too fresh then, and no lease holds any more after 17. */
const invokeLater = async (stage: Stage, minutes: number, event: unknown): Promise<void> => {
  const shift = `const now = Date.now; Date.now = () => now() + ${minutes * 60_000};`;
  const later = await world.start(stage, {
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(shift)}`,
  });
  try {
    await later.invoke(event);
  } finally {
    await later.stop();
  }
};
const tickLater = (minutes = 2): Promise<void> => invokeLater('tick', minutes, scheduleEvent());
const csvOf = async (id: string, caller: Caller = support) => {
  const link = await world.http('export', httpApiEvent('GET /v1/exports/{id}/download', caller, { id }));
  expect(link.status).toBe(302);
  const response = await fetch(link.headers.location!);
  expect(response.headers.get('content-disposition')).toContain('attachment');
  return parseCsv(await response.text());
};
const putTo = (Bucket: 'state' | 'aside', Key: string, content: unknown) =>
  world.s3.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(JSON.stringify(content)) }));
const putState = (key: string, content: unknown) => putTo('state', key, content);
const grant = (scope_id: string, user_id: string, is_admin = true) =>
  putState(adminKey(scope_id, user_id), { scope_id, user_id, is_admin });

describe('cdk synth', () => {
  it('ends with 0 and no finding, on a machine without an account', () => {
    expect(`${world.synthesis.stdout}${world.synthesis.stderr}`).not.toMatch(/ERROR|WARNING/);
  });

  it('ends with another exit code if a finding is not acknowledged', async () => {
    const app = `${process.execPath} --import tsx test/lib/app-with-finding.ts`;
    const failed = await cdkSynth(await temporaryDirectory(), {}, app).then(
      () => undefined,
      error => error as { code: number; stdout: string; stderr: string },
    );
    expect(failed?.code).toBe(1);
    expect(`${failed!.stdout}${failed!.stderr}`).toContain('AwsSolutions-SQS3');
  });
});

describe('the bundle of receive', () => {
  it('takes text, and stamps what the URL says of the request', async () => {
    expect(await post(eventText({ scope: { id: 'text', type: 't' } }))).toMatchObject({
      status: 202,
      accepted: 1,
      rejected: [],
    });
    const { json } = await ask('text');
    const job = await finished(json.id);
    expect(job).toMatchObject({ status: 'succeeded', rows: 2 });
    const row = (await csvOf(json.id)).find(({ action }) => action === 'context.create');
    expect(JSON.parse(row!.request)).toEqual({
      id: 'JKJaXmPLvHcESHA=',
      ip_address: '192.0.2.7',
      client_trace_id: 'trace-1',
    });
  });

  it('takes bytes in base64, gzipped', async () => {
    const lines = [0, 1, 2].map(n =>
      eventText({ id: anId.replace(/.$/, String(n)), scope: { id: 'bytes', type: 't' } }),
    );
    const body = gzipSync(lines.join('\n'));
    expect(
      await post(body, { 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' }),
    ).toMatchObject({ status: 202, accepted: 3 });
  });

  it('writes what it has accepted in the first line of an instance, and in each of its first requests', async () => {
    const fresh = await world.start('receive');
    try {
      for (let n = 0; n < 3; n++)
        await fresh.invoke(functionUrlEvent(eventText({ scope: { id: 'counted', type: 't' } })));
      const counts = () => fresh.lines().map(line => (JSON.parse(line) as MetricValues).AcceptedEvents);
      await eventually(() => expect(counts()).toEqual([1, 1, 1]));
    } finally {
      await fresh.stop();
    }
  });

  it('refuses by name, and says so in the shape of the contract', async () => {
    const { status, rejected, headers } = await post(
      JSON.stringify([eventObject(), eventObject({ action: 'nodot' })]),
    );
    expect([status, rejected.map(({ code }) => code)]).toEqual([207, ['invalid_action']]);
    expect(headers['content-type']).toBe('application/json');
  });

  it('is recognized by the alias that was invoked, never by the shape of its input', async () => {
    const direct = {
      body: eventText({ scope: { id: 'direct', type: 't' } }),
      content_type: 'application/json',
    };
    const answer = (await world.runtimes.receive.invoke(direct, 'direct')) as Received;
    expect(answer.statusCode).toBe(202);
    const forged = { ...functionUrlEvent(eventText({ scope: { id: 'forged', type: 't' } })) };
    forged.requestContext.authorizer = { iam: { userArn: 'arn:aws:sts::1:assumed-role/someone-else/s' } };
    expect(await world.runtimes.receive.invoke(forged, 'direct')).toMatchObject({ statusCode: 202 });
    await world.file();
    const { json } = await ask('forged');
    expect(await finished(json.id)).toMatchObject({ rows: 2 });
    expect(JSON.stringify(await csvOf(json.id))).not.toContain('someone-else');
  });
});

describe('the bundle of archive', () => {
  it('files good records and quarantines bad ones, also a pack that inflates without end', async () => {
    const bucket = bucketOf('endless', 32);
    await post(eventText({ scope: { id: 'endless', type: 't' } }));
    await world.kinesis.send(
      new PutRecordsCommand({
        StreamName: 'annals',
        Records: [
          {
            Data: gzipSync(Buffer.alloc(64 * 1024 * 1024)),
            PartitionKey: partitionKey(bucket),
            ExplicitHashKey: explicitHashKey(bucket, 32),
          },
        ],
      }),
    );
    for (const response of await world.file()) expect(response).toEqual({ batchItemFailures: [] });
    const { json } = await ask('endless');
    expect(await finished(json.id)).toMatchObject({ status: 'succeeded', rows: 2, gaps: 1 });
    const { json: gaps } = await world.http('manage', httpApiEvent('GET /v1/gaps', operator));
    const [gap] = gaps.gaps.filter(({ reason }) => reason.includes('inflates'));
    expect(
      await world.http(
        'manage',
        httpApiEvent('POST /v1/gaps/{id}/dismiss', operator, { id: gap!.id, body: '{"reason":"a test"}' }),
      ),
    ).toMatchObject({ status: 200 });
  });
});

describe('the bundle of export', () => {
  it('knows support and the operator by their roles, and nobody else', async () => {
    expect((await ask('text', { role: 'emitter' })).status).toBe(403);
    expect((await ask('text', null)).status).toBe(403);
    expect(
      await world.http('export', httpApiEvent('POST /v1/exports', support, { body: '{"scope_id":"text"}' })),
    ).toMatchObject({ status: 400, json: { code: 'requester_required' } });
    expect(
      await world.http('export', httpApiEvent('POST /v1/exports', support, { body: '{' })),
    ).toMatchObject({ status: 400, json: { code: 'invalid_json' } });
  });

  it('lets an admin in by their token, to their own scope alone, while the directory says so', async () => {
    const scope = 'with-admin';
    const admin: Caller = { claims: { sub: 'u-7', org: scope } };
    await post(eventText({ scope: { id: scope, type: 't' } }));
    expect(await ask(scope, admin)).toMatchObject({ status: 403, json: { code: 'not_an_admin' } });
    await grant(scope, 'u-7');
    const asked = await ask(scope, admin);
    expect(asked).toMatchObject({ status: 202, json: { requested_by: 'u-7', scope_id: scope } });
    // The event, the refusal, and the record of the request.
    expect(await finished(asked.json.id, admin)).toMatchObject({ status: 'succeeded', rows: 3 });
    expect(
      (await csvOf(asked.json.id, admin)).filter(({ action }) => action === 'context.create'),
    ).toHaveLength(1);
    expect((await ask('text', admin)).status).toBe(403);

    const other: Caller = { claims: { sub: 'u-8', org: 'other' } };
    await grant('other', 'u-8');
    expect((await show(asked.json.id, other)).status).toBe(404);
    expect(await world.http('export', httpApiEvent('GET /v1/exports', admin))).toMatchObject({
      status: 200,
      json: { exports: [{ scope_id: scope }] },
    });
    expect(
      (await world.http('export', httpApiEvent('GET /v1/exports', admin, { query: { scope_id: 'text' } })))
        .status,
    ).toBe(403);
    await grant(scope, 'u-7', false);
    expect(
      (
        await world.http(
          'export',
          httpApiEvent('GET /v1/exports/{id}/download', admin, { id: asked.json.id }),
        )
      ).status,
    ).toBe(403);
  });

  it('keeps the complete log from support, in whatever way it is asked for', async () => {
    const body = '{"all_scopes":true,"reason":"a test"}';
    const asked = await world.http('export', httpApiEvent('POST /v1/exports', operator, { body }));
    expect(asked.status).toBe(202);
    const id = asked.json.id;
    expect(await finished(id, operator)).toMatchObject({ status: 'succeeded' });
    expect((await show(id)).status).toBe(404);
    expect(
      (await world.http('export', httpApiEvent('GET /v1/exports/{id}/download', support, { id }))).status,
    ).toBe(404);
    const { json } = await world.http('export', httpApiEvent('GET /v1/exports', support));
    expect(json.exports.map(job => job.id)).not.toContain(id);
  });

  it('asks a Lambda of the company’s if that keeps the directory', async () => {
    const own = await world.start(
      'export',
      { ANNALS_DIRECTORY_FUNCTION: 'arn:aws:lambda:eu-west-1:123456789012:function:admins' },
      'export+company',
    );
    try {
      const call = async (sub: string) =>
        ((await own.invoke(httpApiEvent('GET /v1/exports', { claims: { sub, org: 'acme' } }))) as Received)
          .statusCode;
      world.admins.set('u-1', { is_admin: true });
      world.admins.set('u-2', { is_admin: false });
      world.admins.set('u-3', { is_admin: 'yes' });
      expect([await call('u-1'), await call('u-2'), await call('u-3'), await call('u-4')]).toEqual([
        200, 403, 500, 500,
      ]);
    } finally {
      await own.stop();
    }
  });

  it('gives the manifest, and the same job for the same Idempotency-Key', async () => {
    await post(eventText({ scope: { id: 'keyed', type: 't' } }));
    const first = await ask('keyed', support, { 'idempotency-key': 'k-1' });
    const second = await ask('keyed', support, { 'idempotency-key': 'k-1' });
    expect(second.json.id).toBe(first.json.id);
    await finished(first.json.id);
    const { json } = await world.http(
      'export',
      httpApiEvent('GET /v1/exports/{id}/manifest', support, { id: first.json.id }),
    );
    expect(json).toMatchObject({
      rows: 2,
      rows_read: 2,
      run_by: { role: 'support', principal: 'support', name: 'session-1', name_asserted: true },
    });
  });

  it('ends a job that was left between its file and its last word', async () => {
    await post(eventText({ scope: { id: 'left', type: 't' } }));
    const { json } = await ask('left');
    await finished(json.id);
    await rewind(json.id, count => count - 1);
    expect((await show(json.id)).json).toMatchObject({ status: 'succeeded', rows: 2 });
  });
});

describe('the bundle of finish', () => {
  it('starts a query that failed again, and fails the export if all tries fail', async () => {
    const { json } = await ask('text');
    world.failQueries('exhausted');
    try {
      expect(await finished(json.id)).toMatchObject({
        status: 'failed',
        failure: { reason: 'query_failed' },
      });
      expect(world.runtimes.finish.lines().some(line => line.includes('"FailedExports":1'))).toBe(true);
    } finally {
      world.failQueries(undefined);
    }
  });

  it('leaves events alone that are foreign or not an end', async () => {
    for (const event of [
      queryStateChange('00000000-0000-4000-8000-000000000000', 'SUCCEEDED'),
      queryStateChange('x', 'RUNNING'),
    ])
      expect(await world.runtimes.finish.invoke(event)).toBeUndefined();
  });

  it('hears of an end twice, at once and later, and writes one file', async () => {
    await post(eventText({ scope: { id: 'twice', type: 't' } }));
    const { json } = await ask('twice');
    const event = await endOfQuery(json.id);
    const second = await world.start('finish');
    try {
      await Promise.all([world.runtimes.finish.invoke(event), second.invoke(event)]);
      await world.runtimes.finish.invoke(event);
    } finally {
      await second.stop();
    }
    expect((await show(json.id)).json).toMatchObject({ status: 'succeeded', rows: 2 });
  });

  it('finds the file there that a crash kept it from recording', async () => {
    await post(eventText({ scope: { id: 'crashed', type: 't' } }));
    const { json } = await ask('crashed');
    const event = await endOfQuery(json.id);
    await world.runtimes.finish.invoke(event);
    const before = await csvOf(json.id);
    // The output of the query is gone with the last step, so the statement runs again; it is repeatable.
    await rewind(json.id, count => count - 2);
    await world.runtimes.finish.invoke(event);
    expect((await show(json.id)).json.status, 'the one who had begun may still be at it').toBe('running');
    await invokeLater('finish', 17, event);
    expect(await finished(json.id)).toMatchObject({ status: 'succeeded', rows: 2 });
    expect(await csvOf(json.id)).toEqual(before);
  });
});

describe('the bundle of tick', () => {
  it('sends heartbeats, measures the health of the log, and needs no state change to end an export', async () => {
    await post(eventText({ scope: { id: 'ticked', type: 't' } }));
    const { json } = await ask('ticked');
    await world.file();
    await world.runtimes.tick.invoke(scheduleEvent());
    await eventually(() => expect(world.ended.length).toBeGreaterThan(0));
    world.ended.splice(0);
    await world.file();
    await world.runtimes.tick.invoke(scheduleEvent());
    // The file is left to finish for a minute; then it is tick's.
    expect((await show(json.id)).json).toMatchObject({ status: 'running' });
    await tickLater();
    expect((await show(json.id)).json).toMatchObject({ status: 'succeeded', rows: 2 });
    const metrics = world.runtimes.tick
      .lines()
      .map(line => JSON.parse(line) as Record<string, number>)
      .filter(line => line._aws);
    expect(metrics.at(-1)).toMatchObject({ Installation: 'Annals', OpenExports: 1, OpenGaps: 0 });
    expect(metrics.at(-1)!.FilingLag).toBeGreaterThanOrEqual(0);
  });

  it('records, freezes and starts an export that was left at its beginning', async () => {
    await post(eventText({ scope: { id: 'begun', type: 't' } }));
    const { json } = await ask('begun');
    await rewind(json.id, () => 1);
    await world.runtimes.tick.invoke(scheduleEvent());
    await world.file();
    await world.runtimes.tick.invoke(scheduleEvent());
    expect((await show(json.id)).json.status).toBe('running');
    expect(await finished(json.id)).toMatchObject({ status: 'succeeded', rows: 2 });
  });

  it('finds the file there that a crash kept it from recording', async () => {
    await post(eventText({ scope: { id: 'lost', type: 't' } }));
    const { json } = await ask('lost');
    await finished(json.id);
    await rewind(json.id, count => count - 2);
    await tickLater(17);
    await eventually(() => expect(world.ended.length).toBeGreaterThan(0));
    world.ended.splice(0);
    await tickLater(17);
    expect((await show(json.id)).json).toMatchObject({ status: 'succeeded', rows: 2 });
  });
});

describe('the bundle of manage', () => {
  it('puts back what the event source gave up on, and tick ends the gap', async () => {
    const bucket = bucketOf('given-up', 32);
    await post(eventText({ scope: { id: 'given-up', type: 't' } }));
    const shards = world.kinesis.shardIds;
    const records = (
      await Promise.all(
        shards.map(shard =>
          world.kinesis.read(
            shard,
            0n,
            { maxCount: 10_000, maxBytes: 1e9 },
            { path: '', offset: 0, after: -1n },
          ),
        ),
      )
    ).flat();
    const record = records.filter(({ partitionKey: key }) => key === partitionKey(bucket)).at(-1)!;
    const cause = `${onFailurePrefix}esm/shard/2026/11/23/one`;
    await putTo('aside', cause, {
      payload: JSON.stringify({
        Records: [
          {
            kinesis: {
              partitionKey: record.partitionKey,
              data: record.data.toString('base64'),
              approximateArrivalTimestamp: record.arrivalMs / 1000,
            },
          },
        ],
      }),
    });
    const id = encodePathId(cause);
    expect(
      await world.http('manage', httpApiEvent('POST /v1/gaps/{id}/redrive', operator, { id })),
    ).toMatchObject({ status: 202, json: { records: 1 } });
    await world.file();
    await world.runtimes.tick.invoke(scheduleEvent());
    expect(await world.http('manage', httpApiEvent('GET /v1/gaps', operator))).toMatchObject({
      json: { gaps: [] },
    });
    const { json } = await ask('given-up');
    expect(await finished(json.id), 'the copy is dropped').toMatchObject({ rows: 2, duplicates: 1, gaps: 0 });
  });

  it('ends a gap that an earlier version kept in the state, once it is listed, for the operator alone', async () => {
    const bucket = bucketOf('listed', 32);
    const cause = `${onFailurePrefix}esm/shard/2026/11/23/two`;
    await putState(cause, {
      payload: JSON.stringify({
        Records: [
          {
            kinesis: {
              partitionKey: partitionKey(bucket),
              data: Buffer.from('\n').toString('base64'),
              approximateArrivalTimestamp: 1,
            },
          },
        ],
      }),
    });
    await world.http(
      'manage',
      httpApiEvent('POST /v1/gaps/{id}/redrive', operator, { id: encodePathId(cause) }),
    );
    await world.file();
    expect(await world.http('manage', httpApiEvent('GET /v1/gaps', operator))).toMatchObject({
      json: { gaps: [] },
    });
    expect((await world.http('manage', httpApiEvent('GET /v1/gaps', support))).status).toBe(403);
  });
});

describe('the bundles together', () => {
  const scope_id = 'scheduled';
  const schedule = (routeKey: string, caller: Caller, body?: object) =>
    world.http(
      'manage',
      httpApiEvent(routeKey, caller, {
        parameters: { scope_id, user_id: 'u-9' },
        id: 'daily',
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    );
  const definition = { every: 'daily', at: '06:00', time_zone: 'UTC', requested_by: 'u-9', reason: 'r' };
  const path = '/v1/scopes/{scope_id}/schedules/{id}';
  const runNow = async () => {
    const { status, json } = await schedule(`POST ${path}/runs`, support);
    expect(status).toBe(202);
    return json.export_id;
  };

  it('let the operator grant an admin, support set a schedule, and tell the topic how its runs end', async () => {
    expect((await schedule(`PUT ${path}`, support, definition)).status).toBe(403);
    expect((await schedule('PUT /v1/scopes/{scope_id}/admins/{user_id}', support)).status).toBe(403);
    expect((await schedule('PUT /v1/scopes/{scope_id}/admins/{user_id}', operator)).status).toBe(200);
    expect((await schedule(`PUT ${path}`, support, definition)).status).toBe(201);
    await post(eventText({ scope: { id: scope_id, type: 't' } }));
    await world.runtimes.tick.invoke(scheduleEvent());
    await world.file();

    // Each end is reached by another of the three: finish, tick, and whoever asks how the export stands.
    const first = await runNow();
    await show(first);
    expect(await finished(first)).toMatchObject({
      status: 'succeeded',
      schedule: { n: 1, filed_from: null },
    });
    const second = await runNow();
    await show(second);
    await world.file();
    await show(second);
    await eventually(() => expect(world.ended.length).toBeGreaterThan(0));
    world.ended.splice(0);
    await tickLater();
    // What the log says of run 1 was filed in the window of run 2.
    expect((await show(second)).json).toMatchObject({ status: 'succeeded', rows: 2 });
    await rewind(second, count => count - 1);
    await show(second);
    expect(world.endpoint.published.map(({ subject }) => subject)).toEqual([
      'Audit log: run 1 of the schedule daily succeeded',
      'Audit log: run 2 of the schedule daily succeeded',
      'Audit log: run 2 of the schedule daily succeeded',
    ]);
    const { json } = await schedule(`GET ${path}/runs`, support);
    expect(json.runs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  });

  it('let tick publish what the topic refused, again if the operator asks, not if it is dismissed', async () => {
    const listed = async () =>
      (await world.http('manage', httpApiEvent('GET /v1/notices', operator))).json.notices;
    const act = (verb: 'retry' | 'dismiss', id: string) =>
      world.http('manage', httpApiEvent(`POST /v1/notices/{id}/${verb}`, operator, { id }));
    /** A run that ends while the topic takes nothing. */
    const runUnheard = async () => {
      world.failTopic(true);
      const id = await runNow();
      await show(id);
      expect(await finished(id), 'the export is as good as any').toMatchObject({ status: 'succeeded' });
      const [notice, ...others] = await listed();
      expect(others).toEqual([]);
      expect(notice).toMatchObject({
        status: 'waiting',
        export_id: id,
        attempts: 1,
        last_reason: expect.stringContaining('The key of the topic is disabled'),
      });
      world.failTopic(false);
      return notice!.id;
    };
    const { published } = world.endpoint;
    const before = published.length;
    const first = await runUnheard();
    await tickLater();
    expect(published.slice(before)).toMatchObject([
      { message: { notice_id: first, event: 'export.succeeded' } },
    ]);
    expect(await listed()).toEqual([]);

    const second = await runUnheard();
    expect(await act('retry', second)).toMatchObject({ status: 202, json: { attempts: 0 } });
    await world.runtimes.tick.invoke(scheduleEvent());
    expect(published.slice(before + 1)).toMatchObject([{ message: { notice_id: second } }]);

    const third = await runUnheard();
    expect((await act('dismiss', third)).status).toBe(204);
    expect((await act('retry', third)).status).toBe(404);
    await tickLater();
    expect(published).toHaveLength(before + 2);
  });

  it('tick runs what is due', async () => {
    await tickLater(24 * 60);
    expect((await schedule(`GET ${path}/runs`, support)).json.runs).toHaveLength(6);
    expect((await schedule('DELETE /v1/scopes/{scope_id}/admins/{user_id}', operator)).status).toBe(204);
    expect((await schedule(`DELETE ${path}`, support)).status).toBe(204);
  });
});

describe('the bundle of compact', () => {
  it('makes a segment of a day that has closed, and deletes what is foreign among the views', async () => {
    await post(eventText({ scope: { id: 'closed', type: 't' } }));
    await world.file();
    const bucket = bucketOf('closed', 32);
    const date = dayBefore(new Date().toISOString().slice(0, 10));
    const filedAt = `${date}T10:00:00.000000000Z`;
    const object = ledgerObject(
      'ontime',
      [{ id: 1, scope: 'closed', occurredAt: filedAt, filedAt }],
      1,
      bucket,
    );
    await world.s3.send(new PutObjectCommand({ Bucket: 'ledger', Key: object.key, Body: object.bytes }));
    const foreign = segmentKey({ lane: 'late', bucket, date, n: 0, sha256: '0'.repeat(64) });
    await world.s3.send(new PutObjectCommand({ Bucket: 'views', Key: foreign, Body: Buffer.alloc(1) }));
    await world.runtimes.compact.invoke(scheduleEvent());
    await invokeLater('compact', 10, scheduleEvent());
    const { Contents } = (await world.s3.send(
      new ListObjectsV2Command({ Bucket: 'views', Prefix: 'segments/' }),
    )) as { Contents: { Key: string }[] };
    expect(Contents.map(({ Key }) => parseSegmentKey(Key))).toMatchObject([
      { lane: 'ontime', bucket, date, n: 0 },
    ]);
    expect((await new Compactions(openBucket(world.s3, 'state')).get(bucket)).record).toMatchObject({
      compacted_to: date,
    });
    expect(world.runtimes.compact.lines().join('\n')).not.toContain('"ERROR"');
  });
});

describe('the bundle of deliver', () => {
  const parameters = { scope_id: 'delivered' };
  const role = 'arn:aws:iam::999999999999:role/annals';
  const call = (verb: string, body?: object, id = 'siem') =>
    world.http(
      'manage',
      httpApiEvent(`${verb.replace(' ', ' /v1/scopes/{scope_id}/deliveries/{id}')}`, operator, {
        parameters,
        id,
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    );
  const admin = async (verb: 'PUT' | 'DELETE', user_id: string) => {
    const route = `${verb} /v1/scopes/{scope_id}/admins/{user_id}`;
    const event = httpApiEvent(route, operator, { parameters: { ...parameters, user_id } });
    return (await world.http('manage', event)).status;
  };
  const held = async () => {
    const { Contents = [] } = (await world.s3.send(new ListObjectsV2Command({ Bucket: 'customers' }))) as {
      Contents?: { Key: string }[];
    };
    return Contents.map(({ Key }) => Key);
  };

  it('hands over to the bucket of a customer what is filed, each event once, under their role', async () => {
    const directory = { destination: { type: 'directory', path: 'a' } };
    expect(await call('PUT ', directory)).toMatchObject({
      status: 409,
      json: { code: 'destination_unavailable' },
    });
    const destination = {
      type: 's3',
      bucket: 'customers',
      prefix: 'logs',
      region: 'eu-west-1',
      role_arn: role,
    };
    expect(await admin('PUT', 'u-1')).toBe(200);
    // It reads the log to say what there is.
    const old = { destination, requested_by: 'u-1', from: '2020-01-01', dry_run: true };
    expect(await call('PUT ', old)).toMatchObject({ status: 200, json: { needs_confirmation: true } });
    const made = await call('PUT ', { destination, requested_by: 'u-1' });
    expect(made).toMatchObject({ status: 201, json: { state: 'pending' } });
    expect((await call('POST /test')).json).toMatchObject({ ok: false, code: 'role_not_assumable' });
    world.externalIds.add((made.json as unknown as { external_id: string }).external_id);
    expect((await call('POST /test')).json).toMatchObject({ ok: true });
    await post(eventText({ scope: { id: 'delivered', type: 't' } }));
    await world.runtimes.tick.invoke(scheduleEvent());
    const told = world.endpoint.published.map(
      ({ message }) => message as { event: string; delivery_id?: string },
    );
    expect(told.filter(({ delivery_id }) => delivery_id === 'siem')).toMatchObject([
      { event: 'delivery.created', scope_id: 'delivered', destination },
    ]);
    await world.file();
    await world.runtimes.deliver.invoke(scheduleEvent());
    await world.runtimes.deliver.invoke(scheduleEvent());
    const rows = (await held()).filter(key => key.endsWith('.ndjson.gz'));
    expect(rows).toEqual([expect.stringMatching(/^logs\/annals\/[^/]+\/scope=delivered\/delivery=siem\./)]);
    const { Body } = (await world.s3.send(new GetObjectCommand({ Bucket: 'customers', Key: rows[0]! }))) as {
      Body: Readable;
    };
    const lines = gunzipSync(await buffer(Body))
      .toString()
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as { action: string });
    expect(lines.filter(({ action }) => action === 'context.create')).toHaveLength(1);
    expect((await call('GET ')).json).toMatchObject({ state: 'active' });
    expect(world.runtimes.deliver.lines().join('\n')).not.toContain('"ERROR"');
    expect((await call('DELETE ')).status).toBe(204);
    await world.runtimes.deliver.invoke(scheduleEvent());
  });

  it('pauses the delivery of an admin who is one no longer, and records it', async () => {
    expect(await admin('PUT', 'u-2')).toBe(200);
    const destination = { type: 's3', bucket: 'customers', region: 'eu-west-1', role_arn: role };
    const made = await call('PUT ', { destination, requested_by: 'u-2' }, 'left');
    world.externalIds.add((made.json as unknown as { external_id: string }).external_id);
    expect((await call('POST /test', undefined, 'left')).json).toMatchObject({ ok: true });
    expect(await admin('DELETE', 'u-2')).toBe(204);
    await world.runtimes.deliver.invoke(scheduleEvent());
    expect((await call('GET ', undefined, 'left')).json).toMatchObject({ state: 'paused' });
  });
});

describe('the bundle of browse', () => {
  const look = (query: Record<string, string>, caller: Caller = operator) =>
    world.http('browse', httpApiEvent('GET /v1/events', caller, { query }));

  it('shows the events of more than one day, and records a look into all scopes', async () => {
    const { status, json } = await look({ scope_id: 'closed' });
    expect([status, (json as unknown as { events: unknown[] }).events]).toEqual([
      200,
      [expect.objectContaining({ action: 'context.create' }), expect.objectContaining({ success: true })],
    ]);
    expect((await look({ scope_id: 'closed' }, support)).status).toBe(403);
    expect((await look({ scope_id: 'closed' }, { claims: { sub: 'u-9', org: 'closed' } })).status).toBe(403);
    expect((await look({ all_scopes: 'true', reason: 'test' })).status).toBe(200);
    await world.file();
    const { json: own } = await look({
      all_scopes: 'true',
      reason: 'test',
      action: 'audit_log.events.browse',
    });
    expect(own).toMatchObject({ gaps: expect.any(Array) });
  });
});

describe('the bundle of describe', () => {
  it('reports to anyone up to when the log is complete', async () => {
    await world.runtimes.tick.invoke(scheduleEvent());
    await world.file();
    const { status, json } = await world.http('describe', httpApiEvent('GET /healthz', null));
    // Events that other tests had refused are kept.
    const { problems = [] } = json as { problems?: { code: string }[] };
    expect([status, problems.map(({ code }) => code)]).toEqual([200, ['refused_items']]);
    expect(json.complete_to).toMatch(/^\d{4}-/);
  });
});

describe('every bundle', () => {
  const stages = Object.keys(variablesOf) as Stage[];

  it('is refused nothing by the policy of its role, and asks for nothing that the stand-ins do not serve', () => {
    expect(world.endpoint.failures).toEqual([]);
  });

  it.each(stages)('%s calls all that its role allows, and nothing else', stage => {
    /**
     * What AWS does with the role: Lambda's logs, its event source, its dead letters. Encryption is within
     * the calls.
     */
    const byServices =
      /^(logs:|kms:|sqs:SendMessage|kinesis:(DescribeStream|GetRecords|GetShardIterator|ListShards)$)/;
    const allowed = new Set(
      world
        .statementsOf(stage)
        .filter(isBuiltIn)
        .flatMap(({ Action }) => list(Action))
        .filter(action => !byServices.test(action)),
    );
    const called = new Set(
      world.endpoint.calls.filter(({ caller }) => caller === stage).map(({ action }) => action),
    );
    expect([...called].sort()).toEqual([...allowed].sort());
  });

  it('refuses to start on another number of buckets than the log was begun with', async () => {
    for (const stage of [
      'receive',
      'archive',
      'export',
      'finish',
      'tick',
      'manage',
      'compact',
      'deliver',
    ] as const) {
      const wrong = await world.start(stage, { ANNALS_BUCKETS: '64' });
      try {
        const event =
          stage === 'receive' ? functionUrlEvent(eventText()) : httpApiEvent('GET /v1/exports', operator);
        const outcome = await wrong.invoke(event).then(
          answer => (answer as Received).statusCode,
          (error: Error) => error.message,
        );
        if (['archive', 'finish', 'tick', 'compact', 'deliver'].includes(stage))
          expect(outcome, stage).toContain('was begun with 32 buckets');
        else expect(outcome, stage).toBe(500);
        expect(wrong.lines().join('\n'), stage).toContain('set it back to 32');
      } finally {
        await wrong.stop();
      }
    }
  });

  it('says which variable is missing', async () => {
    const wrong = await world.start('finish', { ANNALS_STREAM: '' });
    try {
      await expect(wrong.invoke(queryStateChange('x', 'SUCCEEDED'))).rejects.toThrow('ANNALS_STREAM');
    } finally {
      await wrong.stop();
    }
  });

  it('logs no line a request, and no payload', () => {
    const lines = world.runtimes.receive.lines();
    const requests = world.endpoint.calls.filter(
      ({ caller, action }) => caller === 'receive' && action === 'kinesis:PutRecords',
    ).length;
    expect(requests).toBeGreaterThan(5);
    expect(lines.length).toBeLessThan(requests);
    for (const runtime of Object.values(world.runtimes))
      expect(runtime.lines().join('\n')).not.toMatch(/context\.create|deploy|User 1/);
  });

  it.each(stages)('%s is small', async stage => {
    // manage reads segments too: it counts what a new delivery would begin with.
    const mostKiB = stage === 'manage' ? 950 : 850;
    expect(await world.bundleBytes(stage)).toBeLessThan(mostKiB * 1024);
  });
});
