import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Ledger } from '#aws/ledger.ts';
import type { QueryStatus } from '#aws/query.ts';
import { NotRecordable, SelfAudit } from '#aws/self-audit.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import { Gaps } from '#aws/state/gaps.ts';
import { Leases } from '#aws/state/leases.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { Stream } from '#aws/stream.ts';
import type { SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import { bucketName, bucketOf } from '#domain/archive/bucket.ts';
import { exportedColumns } from '#domain/archive/columns.ts';
import type { ExportEvent } from '#domain/export/job.ts';
import { exportFileKey, manifestKey, queryOutputKey } from '#domain/export/layout.ts';
import { NoLiteral } from '#domain/export/sql-literal.ts';
import { outputHeader } from '#domain/export/statement.ts';
import { SingleFlight } from '#domain/single-flight.ts';
import { finish } from '#functions/finish.ts';
import { tick, withSchedules } from '#functions/tick.ts';
import { advanceExport } from '#functions/workflows/advance-export.ts';
import type { ExportWorld } from '#functions/workflows/export-world.ts';
import { collect, openBuckets, openStream, quietBackoff } from '#test/support/world.ts';

const id = '00000000-0000-4000-8000-000000000001';
const at = '2026-11-23T12:00:00.000000000Z';
const nowMs = Date.parse(at);
const bucket = bucketOf('acme', 32);
const asked = (change: object = {}): Extract<ExportEvent, { type: 'asked' }> => ({
  type: 'asked',
  at,
  id,
  request: { scope_id: 'acme', ...change },
  role: 'support',
  principal: 'p',
  body_sha256: 'h',
});
/** As a query engine may say it: with a path of its server. */
const reasonOfFailure = 'Malformed JSON in "/var/lib/annals/buckets/ledger/events/a.json.gz"';
const quoted = (cells: readonly string[]) => cells.map(cell => `"${cell}"`).join(',');
const emptyOutput = `${quoted(outputHeader)}\n`;
const csvHeader = `${quoted(exportedColumns.map(({ name }) => name))}\n`;

/** A world whose queries end as `outcomes` say, one after another, the last one for ever. */
const open = async (outcomes: (QueryStatus['state'] | 'cut')[] = ['succeeded']) => {
  const { state, aside, results, ledger } = await openBuckets();
  const told: string[] = [];
  const said: Record<string, unknown>[] = [];
  const { kinesis, client } = await openStream();
  const started: { sql: string; token: string }[] = [];
  const queries = new Map<string, string>();
  const query = {
    start: async ({ sql }: { sql: string }, token: string) => {
      const known = queries.get(token);
      if (known) return known;
      const outcome = outcomes[Math.min(started.length, outcomes.length - 1)];
      started.push({ sql, token });
      const queryId = `q-${started.length}`;
      queries.set(token, queryId);
      if (outcome === 'succeeded' || outcome === 'cut')
        await results.create(
          queryOutputKey(queryId),
          Buffer.from(outcome === 'cut' ? emptyOutput.slice(0, -3) : emptyOutput),
        );
      return queryId;
    },
    status: async (queryId: string): Promise<QueryStatus> => {
      const outcome = outcomes[Math.min(Number(queryId.slice(2)) - 1, outcomes.length - 1)];
      if (outcome === 'running') return { state: 'running' };
      if (outcome === 'failed') return { state: 'failed', message: reasonOfFailure };
      return {
        state: 'succeeded',
        outputKey: queryOutputKey(queryId),
        bytesScanned: 7,
        completedAt: new Date(nowMs),
      };
    },
  };
  const stream = new Stream(client, {
    streamName: 'annals',
    buckets: 32,
    deadlineMs: 0,
    backoff: quietBackoff,
    nowMs: () => nowMs,
  });
  const clock = { ms: nowMs };
  const world: ExportWorld = {
    buckets: 32,
    stream,
    state,
    results,
    jobs: new ExportJobs(state),
    watermarks: new Watermarks(state),
    gaps: new Gaps(aside, state, 32),
    query: query as unknown as ExportWorld['query'],
    finishing: new SingleFlight(),
    telling: new SingleFlight(),
    ledger: new Ledger(ledger),
    selfAudit: new SelfAudit(stream, 32, () => clock.ms),
    notify: async (job, outcome) => void told.push(`${job.id} ${outcome}`),
    patience: { stallSeconds: 900, openSeconds: 3600 },
    maxSliceBytes: 1e9,
    leaveToFinishMs: 60_000,
    finishLeaseMs: 960_000,
    leases: new Leases(results, () => clock.ms),
    nowMs: () => clock.ms,
    log: (_, message, facts) => void said.push({ message, ...facts }),
    metrics: () => undefined,
  };
  /** Files what the stream has taken, as archive would. */
  const fileAll = async (change: Record<string, string> = {}): Promise<void> => {
    for (const shard of kinesis.shardIds) {
      const before = await world.watermarks.get(await stream.id(), shard);
      const filed = {
        ...Object.fromEntries(Array.from({ length: 32 }, (_, n) => [bucketName(n), at])),
        ...change,
      };
      await world.watermarks.put(await stream.id(), shard, { sequence: '999999', filed }, before);
    }
  };
  const isThere = async (key: string) => (await results.size(key)) !== undefined;
  const tickOnce = (change: Partial<ExportWorld> = {}) =>
    tick(withSchedules({ ...world, ...change }, '', undefined))();
  return { world, tickOnce, told, said, results, state, aside, started, clock, fileAll, isThere, kinesis };
};

describe('an export that is carried on', () => {
  it('waits for its heartbeat to be filed, and then starts', async () => {
    const { world, started, fileAll } = await open(['running']);
    await world.jobs.create(asked());
    expect((await advanceExport(world, id, 'api'))?.status).toBe('waiting');
    expect((await advanceExport(world, id, 'tick'))?.status).toBe('waiting');
    await fileAll();
    expect(await advanceExport(world, id, 'api')).toMatchObject({
      status: 'running',
      completeTo: at,
      queryExecutionIds: ['q-1'],
    });
    expect(started).toHaveLength(1);
  });

  it('of all scopes holds what each bucket had filed when it was asked for, though their clocks differ', async () => {
    const { world, fileAll } = await open(['running']);
    const ahead = '2026-11-23T12:00:00.000000007Z';
    await world.jobs.create(asked({ scope_id: undefined, all_scopes: true }));
    await advanceExport(world, id, 'api');
    await fileAll({ [bucketName(3)]: ahead });
    const marked = (await advanceExport(world, id, 'api'))!;
    expect(marked).toMatchObject({ status: 'waiting', reach: ahead });
    expect(marked.heartbeats.map(({ bucket: at }) => at)).toEqual(
      Array.from({ length: 32 }, (_, n) => n).filter(n => n !== 3),
    );
    // Filed, and still behind: it waits, and does not mark them again.
    await fileAll({ [bucketName(3)]: ahead });
    expect(await advanceExport(world, id, 'api')).toMatchObject({
      status: 'waiting',
      version: marked.version,
    });
    await fileAll(Object.fromEntries(Array.from({ length: 32 }, (_, n) => [bucketName(n), ahead])));
    expect(await advanceExport(world, id, 'api')).toMatchObject({ status: 'running', completeTo: ahead });
  });

  it.each<[string, object, string]>([
    ['a scope that is no name', { request: { scope_id: 'a\ud800' } }, 'not_recordable'],
    ['a scope of no characters', { request: { scope_id: '' } }, 'not_recordable'],
    [
      'a filter that no query can hold',
      { request: { scope_id: 'acme', filter: { request_id: 'a\u0000' } } },
      'query_failed',
    ],
    [
      'half of a character in its filter',
      { request: { scope_id: 'acme', filter: { target: '\udc00' } } },
      '',
    ],
    ['half of a character in its reason', { request: { scope_id: 'acme', reason: '\ud83e' } }, ''],
    ['half of a character in its requester', { request: { scope_id: 'acme', requested_by: '\ud83e' } }, ''],
    ['half of a character in who asked', { principal: '\ud83e' }, ''],
    ['nobody who asked', { principal: '' }, 'not_recordable'],
  ])('ends, and is no longer looked at, with %s', async (_, change, reason) => {
    const { world, tickOnce, fileAll, clock } = await open();
    await world.jobs.create({ ...asked(), ...change });
    for (let n = 0; n < 3; n++) {
      await tickOnce();
      await fileAll();
      clock.ms += 61_000;
    }
    const job = (await world.jobs.get(id))!;
    expect(await collect(world.jobs.active())).toEqual([]);
    // What the log can hold after all succeeds.
    expect(['failed', ...(reason === '' ? ['succeeded'] : [])]).toContain(job.status);
    if (reason !== '') expect(job.failure).toEqual({ reason, message: expect.any(String) });
    await tickOnce();
  });

  it('gives no file out whose end the log cannot hold', async () => {
    const { world, fileAll } = await open();
    await world.jobs.create(asked());
    await advanceExport(world, id, 'api');
    await fileAll();
    const { selfAudit } = world;
    const refusing = {
      ...world,
      selfAudit: Object.assign(Object.create(selfAudit) as SelfAudit, {
        record: async (event: SelfAuditEvent) => {
          if (event.action === 'export.complete') throw new NotRecordable({ cause: undefined });
          return selfAudit.record(event);
        },
      }),
    };
    expect(await advanceExport(refusing, id, 'query-ended')).toMatchObject({
      status: 'failed',
      failure: { reason: 'not_recordable' },
    });
  });

  it('says why in words that the log can hold, however long the reason is', async () => {
    const { world, fileAll } = await open();
    const query = {
      ...world.query,
      start: () => Promise.reject(new NoLiteral(`${'x'.repeat(1999)}🦩 and more`)),
    };
    await world.jobs.create(asked());
    await advanceExport(world, id, 'api');
    await fileAll();
    const job = (await advanceExport(
      { ...world, query: query as unknown as ExportWorld['query'] },
      id,
      'api',
    ))!;
    expect(job.status).toBe('failed');
    expect(job.failure!.message.length).toBe(2000);
    expect(job.failure!.message).not.toMatch(/\p{Cs}/u);
  });

  it('fails at once if its query is refused, and says so without the words of the query engine', async () => {
    const { world, fileAll, said } = await open();
    const start = () =>
      Promise.reject(Object.assign(new Error('line 1:8 of s3://x'), { name: 'InvalidRequestException' }));
    await world.jobs.create(asked());
    await advanceExport(world, id, 'api');
    await fileAll();
    const refusing = { ...world, query: { ...world.query, start } as unknown as ExportWorld['query'] };
    expect(await advanceExport(refusing, id, 'api')).toMatchObject({
      status: 'failed',
      failure: {
        reason: 'query_failed',
        message: 'The query was refused; ask the operator for the reason, which is in the operational log',
      },
    });
    expect(said).toContainEqual(expect.objectContaining({ export_id: id, detail: 'line 1:8 of s3://x' }));
  });

  it('is finished by the state change, once, whether that comes once, twice or together with a tick', async () => {
    const { tickOnce, world, results, fileAll, clock, isThere } = await open();
    await world.jobs.create(asked());
    await advanceExport(world, id, 'api');
    await fileAll();
    await advanceExport(world, id, 'api');
    clock.ms += 61_000;
    const change = {
      'detail-type': 'Athena Query State Change' as const,
      detail: { currentState: 'SUCCEEDED', queryExecutionId: 'q-1' },
    };
    await Promise.all([
      finish(world)(change),
      finish({ ...world, finishing: new SingleFlight() })(change),
      tickOnce({ finishing: new SingleFlight() }),
    ]);
    await finish(world)(change);
    const job = await world.jobs.get(id);
    expect(job).toMatchObject({
      status: 'succeeded',
      version: 6,
      result: {
        rows: 0,
        bytes: csvHeader.length,
        sha256: createHash('sha256').update(csvHeader).digest('hex'),
        bytes_scanned: 7,
      },
    });
    expect((await results.get(exportFileKey(id, 0, undefined)))!.bytes.toString()).toBe(csvHeader);
    expect(await isThere(manifestKey(id, 0))).toBe(true);
    expect(await isThere(queryOutputKey('q-1'))).toBe(false);
    expect(await collect(world.jobs.active())).toEqual([]);
  });

  it('is finished by one at a time, and by the next where that one does not come to its end', async () => {
    const { world, fileAll, clock, tickOnce, results } = await open();
    await world.jobs.create(asked());
    await advanceExport(world, id, 'api');
    await fileAll();
    // The first dies while it writes.
    let dies = (): void => undefined;
    const dying: ExportWorld = {
      ...world,
      finishing: new SingleFlight(),
      results: Object.assign(Object.create(results) as typeof results, {
        createFrom: () => new Promise(() => dies()),
      }),
    };
    await new Promise<void>(resolve => {
      dies = resolve;
      void advanceExport(dying, id, 'query-ended');
    });
    clock.ms += 900_000;
    expect(await advanceExport({ ...world, finishing: new SingleFlight() }, id, 'query-ended')).toMatchObject(
      {
        status: 'running',
      },
    );
    clock.ms += 61_000;
    await tickOnce();
    expect(await world.jobs.get(id)).toMatchObject({ status: 'succeeded' });
  });

  it('is concluded once its notice is kept, neither failed nor made twice by a state that is away', async () => {
    const { world, fileAll, results, told } = await open();
    const ended: string[] = [];
    let isAway = true;
    const noticing: ExportWorld = {
      ...world,
      notify: (job, outcome) => (isAway ? Promise.reject(new Error('SlowDown')) : world.notify(job, outcome)),
      afterEnd: async ({ status }) => void ended.push(status),
    };
    await world.jobs.create(asked());
    await advanceExport(noticing, id, 'api');
    await fileAll();
    await expect(advanceExport(noticing, id, 'query-ended')).rejects.toThrow('SlowDown');
    expect(await world.jobs.get(id)).toMatchObject({ status: 'completing' });
    expect([told, ended]).toEqual([[], []]);
    const file = await results.get(exportFileKey(id, 0, undefined));
    isAway = false;
    expect(await advanceExport(noticing, id, 'tick')).toMatchObject({ status: 'succeeded' });
    expect([told, ended]).toEqual([[`${id} succeeded`], ['succeeded']]);
    expect(await results.get(exportFileKey(id, 0, undefined))).toEqual(file);
  });

  it('is finished by the next at once where writing failed for a moment', async () => {
    const { world, fileAll, clock, results } = await open();
    await world.jobs.create(asked());
    await advanceExport(world, id, 'api');
    await fileAll();
    const failing = {
      ...world,
      results: Object.assign(Object.create(results) as typeof results, {
        createFrom: () => Promise.reject(new Error('SlowDown')),
      }),
    };
    await expect(advanceExport(failing, id, 'query-ended')).rejects.toThrow('SlowDown');
    clock.ms += 1000;
    expect(await advanceExport({ ...world, finishing: new SingleFlight() }, id, 'query-ended')).toMatchObject(
      {
        status: 'succeeded',
      },
    );
  });

  it('is finished by tick where the state change was lost, but not before finish has had its time', async () => {
    const { tickOnce, world, fileAll, clock } = await open();
    await world.jobs.create(asked());
    await advanceExport(world, id, 'api');
    await fileAll();
    await tickOnce();
    expect((await world.jobs.get(id))?.status).toBe('running');
    clock.ms += 61_000;
    await tickOnce();
    expect((await world.jobs.get(id))?.status).toBe('succeeded');
  });

  it('ignores a state change that is early, foreign, or of no end', async () => {
    const { world } = await open();
    for (const [currentState, queryExecutionId] of [
      ['SUCCEEDED', 'q-9'],
      ['RUNNING', 'q-1'],
      ['SUCCEEDED', '../x'],
    ] as const)
      await finish(world)({
        'detail-type': 'Athena Query State Change',
        detail: { currentState, queryExecutionId },
      });
  });

  it.each([
    ['failed', 'The query failed 3 times'],
    ['cut', 'The output of the query cannot be used'],
  ] as const)(
    'runs a query that %s again with the same statement and another token, three times in all',
    async (outcome, reason) => {
      const { world, started, fileAll, isThere, clock, said } = await open([outcome]);
      await world.jobs.create(asked());
      await advanceExport(world, id, 'api');
      await fileAll();
      clock.ms += 61_000;
      const job = await advanceExport(world, id, 'query-ended');
      expect(job).toMatchObject({
        status: 'failed',
        failure: { reason: 'query_failed', message: expect.stringContaining(reason) },
      });
      // The customer reads what to do, and no path of the server; the operator's log has the reason.
      expect(job!.failure!.message).toMatch(/ask the operator/);
      expect(job!.failure!.message).not.toMatch(/[/\\]|Malformed/);
      const detail = outcome === 'failed' ? reasonOfFailure : expect.any(String);
      expect(said.filter(one => one.detail !== undefined)).toEqual(
        [1, 2, 3].map(n =>
          expect.objectContaining({
            message: expect.stringContaining('query'),
            export_id: id,
            query_execution_id: `q-${n}`,
            detail,
          }),
        ),
      );
      expect(started).toHaveLength(3);
      expect(new Set(started.map(({ sql }) => sql)).size).toBe(1);
      expect(new Set(started.map(({ token }) => token)).size).toBe(3);
      expect(await isThere(exportFileKey(id, 0, undefined))).toBe(false);
      for (const query of ['q-1', 'q-2', 'q-3'])
        expect(await isThere(queryOutputKey(query)), query).toBe(false);
      expect(await collect(world.jobs.active())).toEqual([]);
    },
  );

  it('succeeds with the attempt that does', async () => {
    const { world, fileAll } = await open(['failed', 'cut', 'succeeded']);
    await world.jobs.create(asked());
    await advanceExport(world, id, 'api');
    await fileAll();
    expect(await advanceExport(world, id, 'query-ended')).toMatchObject({ status: 'succeeded', attempt: 3 });
  });

  it('goes on by tick from wherever a crash left it, and starts no query twice', async () => {
    const { tickOnce, world, started, fileAll, state } = await open();
    await world.jobs.create(asked());
    await tickOnce();
    await fileAll();
    // A crash after Athena has taken the query, before that was recorded.
    const crashing = {
      ...world,
      jobs: Object.assign(new ExportJobs(state), { append: async () => Promise.reject(new Error('crash')) }),
    };
    const requested = (await world.jobs.get(id))!;
    const starting = await world.jobs.append(requested, {
      type: 'starting',
      at,
      attempt: 1,
      slices: [{ sql: 'S', parameters: [] }],
      complete_to: at,
      done: [],
    });
    expect(starting?.status).toBe('planned');
    await expect(advanceExport(crashing, id, 'api')).rejects.toThrow('crash');
    expect((await advanceExport(world, id, 'query-ended'))?.status).toBe('succeeded');
    expect(started).toHaveLength(1);
  });

  it('is carried on past another that is broken, and the tick says so', async () => {
    const { tickOnce, world, fileAll, state } = await open();
    await world.jobs.create(asked());
    const broken = '00000000-0000-4000-8000-000000000000';
    await state.create(`exports/${broken}/00000000.json`, Buffer.from('nonsense'));
    await state.create(`exports-open/${broken}`, Buffer.from('{}'));
    await expect(tickOnce()).rejects.toThrow('Tick could not do everything');
    await fileAll();
    await expect(tickOnce()).rejects.toThrow();
    expect((await world.jobs.get(id))?.status).toBe('running');
  });

  it('is forgotten among the open ones where it never came to be', async () => {
    const { tickOnce, world, state, clock } = await open();
    await state.create(`exports-open/${id}`, Buffer.from('{}'));
    clock.ms = Date.now();
    await tickOnce();
    expect(await collect(world.jobs.active())).toHaveLength(1);
    clock.ms += 3_700_000;
    await tickOnce();
    expect(await collect(world.jobs.active())).toEqual([]);
  });

  it('is not forgotten where it comes to be while its entry is taken for one that never did', async () => {
    const { tickOnce, world, state, clock } = await open();
    await state.create(`exports-open/${id}`, Buffer.from('{}'));
    clock.ms = Date.now() + 3_700_000;
    const jobs = new ExportJobs(state);
    const get = jobs.get.bind(jobs);
    let isFirst = true;
    // The job is asked for between the look at it and the removal of its entry.
    Object.assign(jobs, {
      get: async (wanted: string) => {
        const found = await get(wanted);
        if (isFirst) {
          isFirst = false;
          await world.jobs.create(asked());
        }
        return found;
      },
    });
    await tickOnce({ jobs });
    expect((await collect(world.jobs.active())).map(open => open.id)).toEqual([id]);
  });

  it('reports the gaps of its bucket, also one that came while the query ran', async () => {
    const { world, fileAll, state, aside, results } = await open(['succeeded']);
    await world.jobs.create(asked());
    await advanceExport(world, id, 'api');
    await fileAll();
    await advanceExport(world, id, 'api');
    await aside.create(`quarantine/bucket=${bucketName(bucket)}/${at}-s-h-1.json`, Buffer.from('{}'));
    await state.create(
      `quarantine/bucket=${bucketName((bucket + 1) % 32)}/${at}-s-h-2.json`,
      Buffer.from('{}'),
    );
    const ended = `quarantine/bucket=${bucketName(bucket)}/${at}-s-h-3.json`;
    await state.create(ended, Buffer.from('{}'));
    await state.create(`gaps/${ended}`, Buffer.from('{"ended_at":"2026-11-23T11:00:00.000000000Z"}'));
    expect(await advanceExport(world, id, 'query-ended')).toMatchObject({
      status: 'succeeded',
      result: { gaps: 1 },
    });
    expect(JSON.parse((await results.get(manifestKey(id, 0)))!.bytes.toString())).toMatchObject({
      gaps: [{ bucket, filed_at: at, ended_at: null }],
    });
  });
});

describe('tick', () => {
  it('sends every bucket a heartbeat', async () => {
    const { tickOnce, kinesis } = await open();
    await tickOnce();
    const { noHint } = await import('#embedded/stream/shard.ts');
    const records = (
      await Promise.all(kinesis.shardIds.map(shard => kinesis.read(shard, 0n, 1000, 1e6, noHint())))
    ).flat();
    expect(records.map(({ partitionKey }) => partitionKey).sort()).toEqual(
      Array.from({ length: 32 }, (_, n) => `bucket=${bucketName(n)}`),
    );
  });

  it('deletes what was put aside a week after its gap has ended, and never while it is open', async () => {
    const { tickOnce, world, aside, clock } = await open();
    const at = '2026-11-23T11:00:00.000000000Z';
    const keys = [1, 2].map(n => `quarantine/bucket=07/${at}-s-h-${n}.json`);
    for (const key of keys) await aside.create(key, Buffer.from('{}'));
    await world.gaps.end(keys[0]!, { ended_at: at, how: 'dismissed', by: 'o', reason: 'r' });
    const left = async () => (await collect(aside.list('quarantine/'))).map(({ key }) => key);
    // The clock of the place is the system's, which says when the end was recorded.
    clock.ms = Date.now() + 6.9 * 86_400_000;
    await tickOnce();
    expect(await left()).toEqual(keys);
    clock.ms = Date.now() + 7.1 * 86_400_000;
    await tickOnce();
    expect(await left()).toEqual([keys[1]]);
  });
});
