import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, it } from 'vitest';
import { bucketOf, explicitHashKey, partitionKey } from '#domain/archive/bucket.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { EmbeddedKinesis } from '#embedded/stream/kinesis.ts';
import { withoutPauses } from '#test/support/backoff.ts';
import { anId, eventObject, eventText } from '#test/support/builders.ts';
import { movableClock } from '#test/support/clock.ts';
import { filesNothing, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
/** The tokens of a JSON text, one after another, by a reader that knows nothing of JSON but its tokens. */
const tokensOf = (text: string): string =>
  text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)!.join('');

type RealLine = { source: string; case: string; raw: string };
const realLines = readFileSync(join(import.meta.dirname, 'data', 'real-audit-lines.ndjson'), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as RealLine);

const timeOf = (raw: Record<string, string | number>): string => {
  const time = raw.eventTime ?? raw.published ?? raw['@timestamp'];
  return typeof time === 'number' ? new Date(time).toISOString() : String(time);
};

describe('promise 1: an acknowledged event is in every later export whose window holds it, exactly once', () => {
  it('holds for an export asked for right after the acknowledgement', async () => {
    const { post, exportLog } = await startServer();
    for (let n = 1; n <= 5; n++) {
      await post(eventText({ id: uuid(n) }));
      const { rows } = await exportLog();
      expect(rows.map(({ id }) => id)).toContain(uuid(n));
    }
  });

  it('holds for an event sent three times, in two requests, before and after a restart', async () => {
    const first = await startServer();
    await first.post(`[${eventText()},${eventText()}]`);
    await first.stop();
    const second = await startServer({ data: first.data });
    await second.post(eventText());
    const { job, rows } = await second.exportLog();
    expect(rows.map(({ id }) => id)).toEqual([anId]);
    expect(job).toMatchObject({ rows: 1, duplicates: 2, conflicts: 0, reused_ids: 0, gaps: 0 });
  });

  it('keeps the copy filed first, counts one that differs as a conflict, and lists an id used twice', async () => {
    const { post, exportLog, call } = await startServer();
    await post(eventText({ payload: { said: 'first' } }));
    await post(eventText({ payload: { said: 'second' } }));
    await post(eventText({ payload: { said: 'third' } }));
    await post(eventText({ occurred_at: '2026-06-22T00:00:00Z' }));
    const { job, rows } = await exportLog();
    expect(rows.map(({ payload, occurred_at }) => [occurred_at.slice(0, 10), payload])).toEqual([
      ['2026-06-22', '{"name":"deploy"}'],
      ['2026-06-23', '{"said":"first"}'],
    ]);
    expect(job).toMatchObject({ rows: 2, duplicates: 2, conflicts: 1, reused_ids: 1 });
    const manifest = (await (await call('support', `/v1/exports/${job.id}/manifest`)).json()) as {
      rows_read: number;
      conflicts: { first: unknown[] };
    };
    expect(manifest).toMatchObject({
      rows_read: 6,
      rows: 4,
      duplicates: 2,
      conflicts: { events: 1, first: [{ id: anId, occurred_at: '2026-06-23T11:00:00.000000000Z' }] },
      reused_ids: { events: 1 },
      requested_by: 'u-1',
      reason: 'test',
      run_by: { role: 'support' },
    });
  });

  it('says so if something could not be filed', async () => {
    const first = await startServer();
    await first.post(eventText());
    await first.stop();
    const kinesis = await EmbeddedKinesis.open(join(first.data, 'stream'), join(first.data, 'tmp'), {
      streamName: 'annals',
      shards: 2,
    });
    const bucket = bucketOf('acme', 32);
    const record = {
      Data: Buffer.from('no pack'),
      PartitionKey: partitionKey(bucket),
      ExplicitHashKey: explicitHashKey(bucket, 32),
    };
    await kinesis.send(new PutRecordsCommand({ StreamName: 'annals', Records: [record] }));
    await kinesis.close();
    const { exportLog, call } = await startServer({ data: first.data });
    const { job, rows } = await exportLog();
    expect(rows).toHaveLength(1);
    expect(job.gaps).toBe(1);
    expect(await (await call('support', `/v1/exports/${job.id}/manifest`)).json()).toMatchObject({
      gaps: [{ bucket, ended_at: null }],
    });
    const otherScope = await exportLog({ scope_id: 'org-1' });
    expect(otherScope.job.gaps).toBe(0);
  });

  it('holds while the stream refuses, and archive fails, now and then', async () => {
    let n = 0;
    const { post, exportLog } = await startServer({
      stream: { fault: () => (n++ % 3 === 0 ? 'ProvisionedThroughputExceededException' : undefined) },
    });
    const acknowledged: string[] = [];
    for (let i = 0; i < 10; i++) {
      const sent = Array.from({ length: 20 }, (_, j) =>
        eventText({ id: uuid(i * 20 + j), scope: { id: `s-${j % 5}`, type: 't' } }),
      );
      const { events } = await post(`[${sent.join()}]`);
      acknowledged.push(...events.map(({ id }) => id));
    }
    const { rows } = await exportLog({ scope_id: undefined }, 'operator');
    expect(rows.map(({ id }) => id).sort()).toEqual([...acknowledged].sort());
    expect(acknowledged).toHaveLength(200);
  });
});

describe("promise 2: a closed day's objects never change", () => {
  it('is held by writing each object once, under a name that its content gives', async () => {
    const { post, exportLog, data, stop } = await startServer();
    await post(eventText());
    await exportLog();
    const objects = () =>
      readdirSync(join(data, 'buckets', 'ledger'), { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.json.gz'))
        .sort();
    const before = objects();
    const hashes = before.map(name =>
      createHash('sha256')
        .update(readFileSync(join(data, 'buckets', 'ledger', name)))
        .digest('hex'),
    );
    await post(eventText());
    await exportLog();
    await stop();
    expect(objects().length).toBeGreaterThan(before.length);
    expect(
      before.map(name =>
        createHash('sha256')
          .update(readFileSync(join(data, 'buckets', 'ledger', name)))
          .digest('hex'),
      ),
    ).toEqual(hashes);
  });
});

describe('promise 3: the CSV says exactly what was sent', () => {
  it('holds for real audit lines of other systems, sent as they are', async () => {
    const { post, exportLog } = await startServer();
    const events = realLines.map(({ source, raw }, n) => {
      const action = `${source.split('/')[0]!.toLowerCase()}.real_line`;
      const rest = eventText({
        action,
        occurred_at: timeOf(JSON.parse(raw)),
        id: uuid(n),
        payload: undefined,
      });
      return `${rest.slice(0, -1)},"payload":${raw}}`;
    });
    const answer = await post(`[${events.join(',\n')}]`);
    expect(answer).toMatchObject({ status: 202, accepted: realLines.length });
    const { rows } = await exportLog();
    expect(rows).toHaveLength(realLines.length);
    for (const row of rows) expect(row.payload).toBe(tokensOf(realLines[Number(row.id.slice(-4))]!.raw));
  });

  it.each([
    '{"n":12345678901234567890123,"m":-0.1000000000000000055511151231257827}',
    '{"x":1.10,"e":1E5,"z":-0,"y":0.0,"f":1e-400,"g":1E+2}',
    '{"10":1,"9":2,"b":3,"a":4}',
    '{"__proto__":{"__proto__":1},"constructor":2,"toString":null}',
    '{"s":"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\","u":"\\ud83e\\udda9"}',
    '{"a":"🦩\u2028\u2029\u007f","":"","é":"ﷺ"}',
    '{"nul":"\\u0000","also\\u0000":1}',
    '{"formula":"=1+1","other":"@SUM(A1)","minus":"-2","tab":"\\t=3"}',
    '{"html":"</script>","sql":"\'; drop table events --"}',
    '{"deep":[[[[[[{"a":[]}]]]]]],"empty":{},"list":[]}',
  ])('holds for the payload %s', async payload => {
    const { post, exportLog } = await startServer();
    const pretty = payload.replaceAll(/([{,:])(?=["\d[{-])/g, '$1 \n');
    const text = (p: string, id: string) =>
      JSON.stringify(eventObject({ payload: 0, id }), null, 3).replace('"payload": 0', `"payload" : ${p}`);
    expect((await post(`[${text(payload, uuid(1))},${text(pretty, uuid(2))}]`)).status).toBe(202);
    const { rows } = await exportLog();
    expect(rows.map(row => row.payload)).toEqual([payload, payload]);
  });

  it('holds for nine digits of a time, and for what the other fields hold', async () => {
    const { post, exportLog } = await startServer();
    const fields = {
      actor: { type: 'user', id: 'ü', name: '"quoted", =cmd|x', email: 'a@b' },
      scope: { name: 'Acme', z: 1, id: 'acme', type: 'account' },
      metadata: { b: '1', a: '=2' },
      request: { client_trace_id: 't', id: 'r', ip_address: '127.0.0.1' },
      version: 3,
      success: false,
    };
    await post(eventText({ ...fields, occurred_at: '2026-06-22T23:59:59.123456789-01:00' }));
    const { rows } = await exportLog();
    expect(rows).toEqual([
      {
        action: 'context.create',
        actor: JSON.stringify(fields.actor),
        target: '{"id":"c-1","type":"context","name":"deploy"}',
        payload: '{"name":"deploy"}',
        occurred_at: '2026-06-23T00:59:59.123456789Z',
        metadata: '{"b":"1","a":"=2"}',
        id: anId,
        version: '3',
        scope: JSON.stringify(fields.scope),
        success: 'false',
        request: JSON.stringify(fields.request),
      },
    ]);
  });

  it('gives no cell that a spreadsheet would run as a formula', async () => {
    const { post, exportLog } = await startServer();
    await post(
      eventText({
        payload: { '=1': '=1' },
        actor: { id: '=1', type: '+1', name: '@x' },
        metadata: { '-1': '=1' },
      }),
    );
    const { csv } = await exportLog();
    for (const [, cell] of csv.matchAll(/"((?:[^"]|"")*)"/g)) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
  });
});

describe('promise 4: no one reads a scope but support under a recorded reason, and the operator', () => {
  it('is held at every route', async () => {
    const { post, call, ask, exportLog } = await startServer();
    await post(eventText());
    const { job } = await exportLog();
    for (const path of [
      '/v1/exports',
      `/v1/exports/${job.id}`,
      `/v1/exports/${job.id}/manifest`,
      `/v1/exports/${job.id}/download`,
    ]) {
      expect((await call(undefined, path)).status).toBe(401);
      expect((await call('emitter', path)).status).toBe(403);
    }
    expect((await ask({ scope_id: 'acme' }, 'emitter')).status).toBe(403);
    expect(await (await ask({ scope_id: 'acme', requested_by: 'u' })).json()).toMatchObject({
      status: 400,
      code: 'reason_required',
    });
    expect(await (await ask({ scope_id: 'acme', reason: 'r' })).json()).toMatchObject({
      status: 400,
      code: 'requester_required',
    });
    expect(await (await ask({ requested_by: 'u', reason: 'r' })).json()).toMatchObject({
      status: 400,
      code: 'scope_required',
    });
  });

  it('holds for the rows: an export has those of its scope alone', async () => {
    const { post, exportLog } = await startServer({ buckets: 1 });
    const scopes = ['acme', 'acme ', "acme' OR '1'='1", 'ACME', undefined];
    const scopeOf = (id: string | undefined) => (id === undefined ? undefined : { id, type: 't' });
    const sent = scopes.map((id, n) => eventText({ id: uuid(n), scope: scopeOf(id) }));
    await post(`[${sent.join()}]`);
    for (const [n, scope_id] of scopes.slice(0, 4).entries())
      expect((await exportLog({ scope_id })).rows.map(({ id }) => id)).toEqual([uuid(n)]);
    const all = await exportLog({ scope_id: undefined }, 'operator');
    expect(all.rows).toHaveLength(5);
    expect(all.rows.find(({ id }) => id === uuid(4))!.scope).toBe('');
  });
});

describe('an export', () => {
  it('holds what occurred in its window, half-open, whatever arrived late', async () => {
    const { post, exportLog, data } = await startServer();
    const times = [
      '2026-05-31T23:59:59.999999999Z',
      '2026-06-01T00:00:00Z',
      '2026-06-21T23:59:59.999999999Z',
      '2026-06-22T00:00:00Z',
    ];
    await post(`[${times.map((occurred_at, n) => eventText({ occurred_at, id: uuid(n) })).join()}]`);
    await post(eventText({ occurred_at: new Date().toISOString(), id: uuid(9) }));
    const { rows, job } = await exportLog({ from: '2026-06-01', to: '2026-06-22' });
    expect((await exportLog({ from: '2026-06-22' })).rows.map(({ id }) => id)).toEqual([uuid(3), uuid(9)]);
    expect(rows.map(({ id }) => id)).toEqual([uuid(1), uuid(2)]);
    expect(job).toMatchObject({
      from: '2026-06-01T00:00:00.000000000Z',
      to: '2026-06-22T00:00:00.000000000Z',
    });
    expect(readdirSync(join(data, 'buckets', 'ledger', 'events')).sort()).toEqual([
      'lane=late',
      'lane=ontime',
    ]);
  });

  it('is the header alone if nothing occurred', async () => {
    const { exportLog } = await startServer();
    const { csv, job } = await exportLog({ to: '2020-01-01' });
    expect(csv).toBe(
      '"action","actor","target","payload","occurred_at","metadata","id","version","scope","success","request"\n',
    );
    expect(job).toMatchObject({
      status: 'succeeded',
      rows: 0,
      sha256: createHash('sha256').update(csv).digest('hex'),
      bytes: csv.length,
    });
  });

  it('is the same job for the same Idempotency-Key, and a conflict with another body', async () => {
    const { ask } = await startServer();
    const question = { scope_id: 'acme', requested_by: 'u', reason: 'r' };
    const headers = { 'idempotency-key': 'k-1' };
    const ids = await Promise.all(
      [1, 2, 3].map(
        async () => ((await (await ask(question, 'support', headers)).json()) as { id: string }).id,
      ),
    );
    expect(new Set(ids).size).toBe(1);
    expect((await ask({ ...question, reason: 'other' }, 'support', headers)).status).toBe(409);
    expect(
      ((await (await ask({ ...question, scope_id: 'other' }, 'support', headers)).json()) as { id: string })
        .id,
    ).not.toBe(ids[0]);
    expect(((await (await ask(question, 'operator', headers)).json()) as { id: string }).id).not.toBe(ids[0]);
  });

  it('is listed, the newest first, by scope', async () => {
    const { ask, call } = await startServer();
    const ids: string[] = [];
    for (const scope_id of ['acme', 'other', 'acme'])
      ids.unshift(
        ((await (await ask({ scope_id, requested_by: 'u', reason: 'r' })).json()) as { id: string }).id,
      );
    const list = async (query: string) =>
      (await (await call('support', `/v1/exports${query}`)).json()) as {
        exports: { id: string }[];
        cursor: string | null;
        code?: string;
      };
    expect((await list('')).exports.map(({ id }) => id)).toEqual(ids);
    expect((await list('?scope_id=acme')).exports.map(({ id }) => id)).toEqual([ids[0], ids[2]]);
    expect((await list('?scope_id=none')).exports).toEqual([]);
    expect(await list('?scop=acme')).toMatchObject({ code: 'unknown_parameter' });
    expect(await list('?cursor=../x')).toMatchObject({ code: 'invalid_cursor' });
  });

  it('has no file before it has succeeded, nor after the file has expired', async () => {
    let isBusy = true;
    const { ask, call, finished, data, post } = await startServer({
      athena: { throttle: () => isBusy },
      tickMs: 200,
    });
    await post(eventText());
    const { id } = (await (await ask({ scope_id: 'acme', requested_by: 'u', reason: 'r' })).json()) as {
      id: string;
    };
    expect((await call('support', `/v1/exports/${id}/download`)).status).toBe(409);
    isBusy = false;
    await finished(id);
    const link = await call('support', `/v1/exports/${id}/download`, {
      headers: { accept: 'application/json' },
    });
    const { url, expires_at } = (await link.json()) as { url: string; expires_at: string };
    expect(Date.parse(expires_at) - Date.now()).toBeLessThanOrEqual(300_000);
    const file = await fetch(url);
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-log-/);
    for (const forged of [
      url.replace(/signature=.{4}/, 'signature=AAAA'),
      url.replace(/expires=\d+/, 'expires=9999999999'),
      url.replace('audit-log.csv', 'manifest.json'),
    ])
      expect((await fetch(forged)).status).toBe(403);
    rmSync(join(data, 'buckets', 'results', 'exports'), { recursive: true });
    expect((await call('support', `/v1/exports/${id}/download`)).status).toBe(410);
    expect((await call('support', `/v1/exports/${id}/manifest`)).status).toBe(410);
  });

  it('tries a query that fails again, and ends as failed with its reason after three', async () => {
    let failures = 0;
    const { exportLog } = await startServer({
      athena: { fault: () => (failures++ < 2 ? 'lost' : undefined) },
    });
    expect((await exportLog()).job.status).toBe('succeeded');
    const reasons: unknown[] = [];
    const { exportLog: again } = await startServer({
      athena: { fault: () => 'lost' },
      log: (_, __, facts) => void reasons.push(facts?.detail),
    });
    expect((await again()).job).toMatchObject({
      status: 'failed',
      failure: { reason: 'query_failed', message: expect.stringMatching(/^The query failed 3 times/) },
    });
    expect(reasons).toContain('lost');
  });

  it('does not wait for the window in which events are gathered', async () => {
    const { exportLog, post, call } = await startServer({ eventSource: { windowMs: 600_000 } });
    await post(eventText());
    expect((await exportLog()).rows).toHaveLength(1);
    await post(eventText({ id: uuid(2) }));
    const all = { scope_id: undefined };
    expect((await exportLog(all, 'operator')).rows).toHaveLength(2);
    expect((await call('operator', '/healthz')).status).toBe(200);
  });

  it('continues after a restart from where it was', async () => {
    const first = await startServer(filesNothing);
    await first.post(eventText());
    const { id } = (await (await first.ask({ scope_id: 'acme', requested_by: 'u', reason: 'r' })).json()) as {
      id: string;
    };
    await first.stop();
    const second = await startServer({ data: first.data });
    expect(await second.finished(id)).toMatchObject({ status: 'succeeded', rows: 3 });
  });

  it('fails with the reason if the log is not filed', async () => {
    const clock = movableClock();
    const { ask, finished } = await startServer({
      eventSource: { invoke: () => Promise.reject(new Error('broken')) },
      stallSeconds: 10,
      tickMs: 200,
    });
    const { id } = (await (await ask({ scope_id: 'acme', requested_by: 'u', reason: 'r' })).json()) as {
      id: string;
    };
    clock.aheadMs = 11_000;
    expect(await finished(id)).toMatchObject({ status: 'failed', failure: { reason: 'watermark_stalled' } });
  });

  it('is not taken while the stream takes no heartbeat', async () => {
    withoutPauses();
    const { ask } = await startServer({ stream: { fault: () => 'InternalFailure' } });
    const response = await ask({ scope_id: 'acme', requested_by: 'u', reason: 'r' });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
  });

  it('leaves no output of its query behind', async () => {
    const { exportLog, data } = await startServer();
    await exportLog();
    expect(readdirSync(join(data, 'buckets', 'results', 'athena'))).toEqual([]);
  });

  it.each(['none', uuid(9), '%2e%2e', '~abc'])('of the id %s is not there', async id => {
    const { call } = await startServer();
    expect((await call('support', `/v1/exports/${id}`)).status).toBe(404);
  });
});

describe('the gateway', () => {
  it('admits nobody without a token, and answers with problems as RFC 9457 defines them', async () => {
    const { url, call } = await startServer();
    const response = await fetch(`${url}/v1/events`, { method: 'POST', body: eventText() });
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toMatchObject({ status: 401, code: 'unauthorized' });
    expect(
      (await fetch(`${url}/v1/events`, { method: 'POST', headers: { authorization: 'Bearer nobody' } }))
        .status,
    ).toBe(401);
    for (const role of ['support', 'operator'] as const)
      expect((await call(role, '/v1/events', { method: 'POST', body: eventText() })).status).toBe(403);
    for (const [role, path, method] of [
      ['emitter', '/v1/events?x=1', 'POST'],
      ['support', '/v1/exports?x=1', 'POST'],
      ['support', '/v1/exports/none?x=1', 'GET'],
    ] as const)
      expect(
        await (await call(role, path, { method, body: method === 'POST' ? eventText() : null })).json(),
      ).toMatchObject({ status: 400, code: 'unknown_parameter' });
    expect((await call('emitter', '/nowhere')).status).toBe(404);
    expect((await call('emitter', '/v1/events')).status).toBe(403);
  });

  it('refuses a body over 6 MiB, whatever it holds', async () => {
    const { call } = await startServer();
    const response = await call('emitter', '/v1/events', {
      method: 'POST',
      body: ' '.repeat(6 * 1024 * 1024 + 1),
    });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'body_too_large' });
  });

  it('takes a body without a type, and an empty one for what it is', async () => {
    const { url, keys } = await startServer();
    const post = (body: Buffer | null) =>
      fetch(`${url}/v1/events`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${keys.emitter}` },
      });
    expect((await post(Buffer.from(eventText()))).status).toBe(202);
    expect(await (await post(null)).json()).toMatchObject({ code: 'empty_request' });
    expect((await post(Buffer.from([0x7b, 0xff]))).status).toBe(400);
  });

  it('says that it is well, and how far the log is complete', async () => {
    const { url } = await startServer();
    await expect
      .poll(async () => (await (await fetch(`${url}/healthz`)).json()) as object)
      .toMatchObject({ status: 'ok', complete_to: expect.stringMatching(/^\d{4}-.*Z$/) });
  });

  it('stamps the id and the address of the request', async () => {
    const { call, exportLog } = await startServer();
    await call('emitter', '/v1/events', {
      method: 'POST',
      body: eventText(),
      headers: { 'x-client-trace-id': 'abc' },
    });
    const { rows } = await exportLog();
    expect(JSON.parse(rows[0]!.request)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ip_address: '127.0.0.1',
      client_trace_id: 'abc',
    });
  });
});

describe('the data directory', () => {
  it('is held by one process at a time', async () => {
    const { data, stop } = await startServer();
    await expect(startServer({ data })).rejects.toThrow(/Another process uses the data directory/);
    await stop();
    await startServer({ data });
  });

  it('keeps its keys and its secrets to its owner', async () => {
    const { data } = await startServer();
    for (const name of ['keys.json', 'server.json'])
      expect((await stat(join(data, name))).mode & 0o777).toBe(0o600);
    expect((await stat(data)).mode & 0o777).toBe(0o700);
    expect(Object.keys(JSON.parse(readFileSync(join(data, 'keys.json'), 'utf8')))).toEqual([
      'emitter',
      'support',
      'operator',
    ]);
  });

  it('says where the server is while it runs, and not after', async () => {
    const { data, stop, url } = await startServer();
    expect(JSON.parse(readFileSync(join(data, 'server.json'), 'utf8'))).toEqual({ url, pid: process.pid });
    await stop();
    expect(readdirSync(data)).not.toContain('server.json');
  });

  it('refuses to start without the state of its ledger, and starts at an instant that is set', async () => {
    const { data, post, exportLog, stop } = await startServer();
    await post(eventText());
    const before = await exportLog({});
    await stop();
    const state = join(data, 'buckets', 'state');
    rmSync(state, { recursive: true });
    await expect(startServer({ data })).rejects.toMatchObject({
      name: 'DataDirectoryError',
      message: expect.stringContaining('holds objects, but "state" holds no watermark'),
    });
    const filed_from = instantOfMilliseconds(Date.now() + 3_600_000);
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, 'installation.json'), JSON.stringify({ buckets: 32, filed_from }));
    const moved = await startServer({ data });
    const after = await moved.exportLog({}, 'operator');
    for (const { id } of before.rows) expect(after.rows.filter(row => row.id === id)).toHaveLength(1);
    expect((after.whole as unknown as { complete_to: string }).complete_to > filed_from).toBe(true);
  });

  it('refuses to start with another number of buckets than it was begun with', async () => {
    const { data, stop } = await startServer({ buckets: 16 });
    await stop();
    await expect(startServer({ data, buckets: 32 })).rejects.toThrow('begun with 16 buckets');
    await startServer({ data, buckets: 16 });
  });

  it('cannot have a name that is a pattern', async () => {
    const directory = await temporaryDirectory();
    await expect(startServer({ data: join(directory, 'a*b') })).rejects.toThrow('choose another');
  });
});
