import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { stateDirectory } from '#aws/admin-directory.ts';
import type { Kinesis } from '#aws/clients.ts';
import { SelfAudit } from '#aws/self-audit.ts';
import { Admins } from '#aws/state/admins.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Notices } from '#aws/state/notices.ts';
import { RefusedIndex } from '#aws/state/refused-index.ts';
import { RefusedItems } from '#aws/state/refused-items.ts';
import { Schedules } from '#aws/state/schedules.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { Stream } from '#aws/stream.ts';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { bucketOf, partitionKey } from '#domain/archive/bucket.ts';
import { isReported } from '#domain/archive/gap.ts';
import { onFailurePrefix, quarantineKey } from '#domain/archive/layout.ts';
import { decodePack, encodePacks } from '#domain/archive/pack.ts';
import type { Quarantined } from '#domain/archive/redrive.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { ApiEvent } from '#functions/http/request.ts';
import { type ManageWorld, manage } from '#functions/manage.ts';
import { advanceRedrives } from '#functions/workflows/redrive-gap.ts';
import { anId, rowText } from '#test/support/builders.ts';
import { deliveriesOf } from '#test/support/deliveries-world.ts';
import { collect, openBuckets, openStream, quietBackoff } from '#test/support/world.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const later = '2026-11-23T12:07:00.000000000Z';
const acme = bucketOf('acme', 32);
const operator = 'arn:aws:iam::123456789012:role/operator';

const row = rowText(anId, at);
const quarantined = (change: Partial<Quarantined> = {}): Quarantined => ({
  reason: 'The pack is not UTF-8',
  shard: 's',
  sequence: '1',
  arrival: at,
  partition_key: partitionKey(acme),
  line: null,
  data: encodePacks([row])[0]!.data.toString('base64'),
  ...change,
});
const cause = quarantineKey({
  bucket: acme,
  filedAt: at,
  stream: 'annals@x',
  shard: 's',
  sequence: '1',
  line: undefined,
});

const streamOptions = {
  streamName: 'annals',
  buckets: 32,
  deadlineMs: 0,
  backoff: quietBackoff,
  nowMs: () => Date.parse(later),
};
/** It answers, and refuses every record. */
const failingKinesis = {
  send: async (command: unknown) =>
    command instanceof PutRecordsCommand
      ? {
          Records: command.input.Records!.map(() => ({
            ErrorCode: 'ProvisionedThroughputExceededException',
          })),
        }
      : { StreamDescriptionSummary: { StreamCreationTimestamp: new Date(0) } },
} as unknown as Kinesis;

const request = { requestId: 'r-1', http: { sourceIp: '192.0.2.7' } };

const open = async () => {
  const { state, aside } = await openBuckets();
  const { kinesis, client } = await openStream();
  const nowMs = () => Date.parse(later);
  const stream = new Stream(client, streamOptions);
  const selfAudit = new SelfAudit(stream, 32, nowMs);
  const world: ManageWorld = {
    buckets: 32,
    stream,
    gaps: new Gaps(aside, state, 32),
    admins: new Admins(state),
    schedules: new Schedules(state),
    adminDirectory: stateDirectory(state),
    jobs: new ExportJobs(state),
    notices: new Notices(state),
    ...deliveriesOf(state),
    refused: new RefusedItems(aside, state),
    refusedIndex: new RefusedIndex(state),
    catalogue: installedCatalogue,
    strictness: { isStrict: false, isPayloadStrict: false },
    selfAudit,
    watermarks: new Watermarks(state),
    nowMs,
    clock: { tick: () => at },
    newId: () => cause,
    log: () => undefined,
    callers: { supportRoles: [], operatorRoles: [operator], scopeClaim: undefined },
  };
  const call = async (routeKey: string, change: Partial<ApiEvent> & { id?: string } = {}) => {
    const { id, ...rest } = change;
    const { statusCode, body } = await manage(world)({
      routeKey,
      isBase64Encoded: false,
      headers: {},
      pathParameters: id === undefined ? {} : { id },
      requestContext: {
        ...request,
        authorizer: { iam: { userArn: 'arn:aws:sts::123456789012:assumed-role/operator/s' } },
      },
      ...rest,
    });
    return { status: statusCode, ...(JSON.parse(body) as Record<string, unknown>) };
  };
  const put = (key: string, content: unknown, place = aside) =>
    place.create(key, Buffer.from(JSON.stringify(content)));
  const onStream = async () =>
    (
      await Promise.all(
        kinesis.shardIds.map(shard =>
          kinesis.read(shard, 0n, { maxCount: 100, maxBytes: 1e9 }, { path: '', offset: 0, after: -1n }),
        ),
      )
    ).flat();
  /** Files up to a sequence, as archive would. */
  const file = async (sequence: string, filedAt: string) => {
    for (const shard of kinesis.shardIds) {
      const stream = await (world.stream as Stream).id();
      const before = await world.watermarks.all().then(() => new Watermarks(state).get(stream, shard));
      await new Watermarks(state).put(
        stream,
        shard,
        { sequence, filed: { [partitionKey(acme).slice(7)]: filedAt } },
        before,
      );
    }
  };
  return { world, state, aside, call, put, onStream, file };
};

const id = encodePathId(cause);
const reason = JSON.stringify({ reason: 'ticket 1' });

describe('manage', () => {
  it('lists records that could not be filed, with reason and origin but no content', async () => {
    const { call, put } = await open();
    await put(cause, quarantined());
    const { gaps, cursor } = (await call('GET /v1/gaps')) as unknown as { gaps: object[]; cursor: null };
    expect(cursor).toBeNull();
    expect(gaps).toEqual([
      {
        id,
        cause,
        kind: 'quarantined',
        reason: 'The pack is not UTF-8',
        buckets: [acme],
        records: 1,
        filed_at: at,
        redriven_at: null,
      },
    ]);
  });

  it('is for the operator alone', async () => {
    const { call } = await open();
    for (const userArn of ['arn:aws:sts::123456789012:assumed-role/support/s', undefined])
      expect(
        await call('GET /v1/gaps', { requestContext: { ...request, authorizer: { iam: { userArn } } } }),
      ).toMatchObject({ status: 403 });
  });

  it('puts a pack back on the stream, and ends its gap only after the log is filed up to there', async () => {
    const { call, put, onStream, file, world } = await open();
    await put(cause, quarantined());
    expect(await call('POST /v1/gaps/{id}/redrive', { id })).toMatchObject({ status: 202, records: 1 });
    const [record] = await onStream();
    expect(record!.partitionKey).toBe(partitionKey(acme));
    expect(decodePack(record!.data)).toMatchObject({ lines: [Buffer.from(row)] });

    await file('0', at);
    await advanceRedrives(world);
    expect(await world.gaps.endOf(cause)).toBeUndefined();
    expect(await call('GET /v1/gaps')).toMatchObject({ gaps: [{ id, redriven_at: later }] });

    await file(String(record!.sequence), later);
    await advanceRedrives(world);
    expect(await world.gaps.endOf(cause)).toEqual({
      ended_at: later,
      how: 'redriven',
      by: `${operator} (s)`,
      reason: null,
    });
    expect(await call('GET /v1/gaps')).toMatchObject({ gaps: [] });
    const [gap] = await world.gaps.of([acme]);
    expect(isReported(gap!, [acme], undefined, later), 'frozen before the redriven rows').toBe(true);
    expect(isReported(gap!, [acme], undefined, '2026-11-23T12:07:00.000000001Z')).toBe(false);
  });

  it('is redriven later if the stream does not take its records now', async () => {
    const { world, call, put, onStream } = await open();
    await put(cause, quarantined());
    const { stream } = world;
    world.stream = new Stream(failingKinesis, { ...streamOptions, deadlineMs: 0 });
    expect(await call('POST /v1/gaps/{id}/redrive', { id })).toMatchObject({
      status: 503,
      code: 'stream_unavailable',
    });
    expect(await onStream()).toEqual([]);
    expect(await world.gaps.redriveOf(cause)).toBeUndefined();
    world.stream = stream;
    expect(await call('POST /v1/gaps/{id}/redrive', { id })).toMatchObject({ status: 202, records: 1 });
  });

  it('puts a pack back once, however often it is asked to while that is not filed', async () => {
    const { call, put, onStream } = await open();
    await put(cause, quarantined());
    await call('POST /v1/gaps/{id}/redrive', { id });
    expect(await call('POST /v1/gaps/{id}/redrive', { id })).toMatchObject({ status: 202 });
    expect(await onStream()).toHaveLength(1);
  });

  it('puts a line that came under a wrong key into the bucket that its row belongs to', async () => {
    const { call, put, onStream } = await open();
    const wrong = quarantineKey({
      bucket: (acme + 1) % 32,
      filedAt: at,
      stream: 'annals@x',
      shard: 's',
      sequence: '1',
      line: 0,
    });
    await put(
      wrong,
      quarantined({
        partition_key: partitionKey((acme + 1) % 32),
        line: 0,
        data: Buffer.from(row).toString('base64'),
      }),
    );
    await call('POST /v1/gaps/{id}/redrive', { id: encodePathId(wrong) });
    expect((await onStream()).map(({ partitionKey }) => partitionKey)).toEqual([partitionKey(acme)]);
  });

  it('puts back all that the event source gave up on', async () => {
    const { call, put, onStream } = await open();
    const given = `${onFailurePrefix}esm/shard/2026/11/23/x`;
    const data = quarantined().data;
    const records = [3, acme].map(bucket => ({
      kinesis: {
        partitionKey: partitionKey(bucket),
        data,
        approximateArrivalTimestamp: Date.parse(at) / 1000,
      },
    }));
    await put(given, { payload: JSON.stringify({ Records: records }) });
    expect(await call('GET /v1/gaps')).toMatchObject({
      gaps: [{ kind: 'given_up', buckets: [3, acme], records: 2, filed_at: at }],
    });
    expect(await call('POST /v1/gaps/{id}/redrive', { id: encodePathId(given) })).toMatchObject({
      status: 202,
      records: 2,
    });
    expect((await onStream()).map(({ partitionKey }) => partitionKey).sort()).toEqual(
      [partitionKey(3), partitionKey(acme)].sort(),
    );
  });

  it.each([
    ['whose key names no bucket', quarantined({ partition_key: 'x' })],
    ['that cannot be read', { payload: 'no json' }],
  ])('says that it cannot put back something %s', async (_, content) => {
    const { call, put, onStream } = await open();
    const any = quarantineKey({
      bucket: undefined,
      filedAt: at,
      stream: 'annals@x',
      shard: 's',
      sequence: '1',
      line: undefined,
    });
    await put(any, content);
    expect(await call('POST /v1/gaps/{id}/redrive', { id: encodePathId(any) })).toMatchObject({
      status: 409,
      code: 'not_redrivable',
    });
    expect(await onStream()).toEqual([]);
  });

  it('dismisses a gap with who and why, once', async () => {
    const { call, put, world, aside } = await open();
    await put(cause, quarantined());
    expect(await call('POST /v1/gaps/{id}/dismiss', { id })).toMatchObject({
      status: 400,
      code: 'reason_required',
    });
    expect(await call('POST /v1/gaps/{id}/dismiss', { id, body: reason })).toMatchObject({
      status: 200,
      how: 'dismissed',
    });
    expect(await world.gaps.endOf(cause)).toEqual({
      ended_at: later,
      how: 'dismissed',
      by: `${operator} (s)`,
      reason: 'ticket 1',
    });
    for (const what of ['dismiss', 'redrive'])
      expect(await call(`POST /v1/gaps/{id}/${what}`, { id, body: reason })).toMatchObject({
        status: 409,
        code: 'gap_ended',
      });
    expect(await collect(aside.list('quarantine/')), 'what was put aside stays a while').toHaveLength(1);
  });

  it.each([
    ['an id that was never given', { id: encodePathId('quarantine/bucket=01/none') }, 404],
    ['an id outside of what was put aside', { id: encodePathId('exports/x/0.json') }, 404],
    ['an id that climbs out', { id: encodePathId('quarantine/../exports/x/0.json') }, 404],
    ['an id with an empty part', { id: encodePathId('quarantine//x') }, 404],
    ['an id of no form', { id: '~%' }, 404],
    ['a body that is not JSON', { id, body: '{' }, 400],
    ['a member that is unknown', { id, body: '{"why":1}' }, 400],
    ['a query parameter', { id, queryStringParameters: { x: '1' } }, 400],
  ])('refuses %s', async (_, change, status) => {
    const { call, put, aside, state } = await open();
    await put(cause, quarantined());
    for (const place of [aside, state]) await put('exports/x/0.json', {}, place);
    expect(await call('POST /v1/gaps/{id}/dismiss', { body: reason, ...change })).toMatchObject({ status });
  });

  it('lists page by page over both places, also behind a gap that has ended meanwhile', async () => {
    const { call, put, aside, state } = await open();
    for (let n = 0; n < 105; n++)
      await put(
        quarantineKey({
          bucket: acme,
          filedAt: at,
          stream: 'annals@x',
          shard: 's',
          sequence: String(1000 + n),
          line: undefined,
        }),
        quarantined(),
        n % 2 === 0 ? aside : state,
      );
    const first = (await call('GET /v1/gaps')) as unknown as { gaps: { id: string }[]; cursor: string };
    await call('POST /v1/gaps/{id}/dismiss', { id: first.gaps.at(-1)!.id, body: reason });
    const second = (await call('GET /v1/gaps', {
      queryStringParameters: { cursor: first.cursor },
    })) as unknown as typeof first;
    expect([first.gaps.length, second.gaps.length, second.cursor]).toEqual([100, 5, null]);
    expect(new Set([...first.gaps, ...second.gaps].map(gap => gap.id)).size).toBe(105);
    for (const cursor of ['~%', encodePathId('exports/x')])
      expect(await call('GET /v1/gaps', { queryStringParameters: { cursor } })).toMatchObject({
        status: 400,
        code: 'invalid_cursor',
      });
  });
});
