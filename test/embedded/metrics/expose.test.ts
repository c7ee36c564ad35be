import { describe, expect, it } from 'vitest';
import { healthProblems } from '#domain/health.ts';
import { openMetricsType } from '#domain/open-metrics.ts';
import { Collected } from '#embedded/metrics/collected.ts';
import { exposeMetrics } from '#embedded/metrics/expose.ts';
import { families } from '#embedded/metrics/families.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { addNamedKey } from '#test/support/named-key.ts';
import { readOpenMetrics } from '#test/support/open-metrics.ts';
import { filesNothing, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const answering = async (change: Partial<Parameters<typeof exposeMetrics>[0]> = {}) =>
  exposeMetrics({
    collected: new Collected(() => 0),
    measure: async () => ({ OpenGaps: 2 }),
    notices: { countWaiting: async () => 7 },
    health: async () => ({
      statusCode: 200,
      headers: {},
      body: JSON.stringify({ problems: [{ code: 'open_gaps', message: 'x' }] }),
    }),
    directory: await temporaryDirectory(),
    startedMs: 1500,
    log: () => undefined,
    ...change,
  })();

const only = (families: ReturnType<typeof readOpenMetrics>, name: string, labels = '') =>
  families.get(name)?.samples.get(labels);

describe('the metrics', () => {
  it('are what was counted, what is measured, and each problem of the closed list', async () => {
    const collected = new Collected(() => 0);
    collected.count({ AcceptedEvents: 3, OpenGaps: 9 });
    const { statusCode, headers, body } = await answering({ collected });
    expect([statusCode, headers['content-type']]).toEqual([200, openMetricsType]);
    const read = readOpenMetrics(body);
    expect(only(read, 'annals_accepted_events')).toBe(3);
    expect(only(read, 'annals_rejected_events')).toBe(0);
    expect(only(read, 'annals_open_gaps')).toBe(2);
    expect(only(read, 'annals_filing_lag_seconds')).toBeUndefined();
    expect(only(read, 'annals_waiting_notices')).toBe(7);
    expect(only(read, 'annals_start_time_seconds')).toBe(1.5);
    expect(only(read, 'annals_disk_free_bytes')).toBeGreaterThan(0);
    expect(only(read, 'annals_disk_size_bytes')).toBeGreaterThan(only(read, 'annals_disk_free_bytes')!);
    const problems = read.get('annals_problem')!.samples;
    expect([...problems.keys()]).toEqual(Object.keys(healthProblems).map(code => `code="${code}"`));
    expect([...problems].filter(([, value]) => value === 1)).toEqual([['code="open_gaps"', 1]]);
  });

  it('are a 503 if the state cannot be read', async () => {
    const messages: string[] = [];
    const { statusCode, body } = await answering({
      measure: () => Promise.reject(new Error('no')),
      log: (_, message) => messages.push(message),
    });
    expect([statusCode, JSON.parse(body)]).toMatchObject([503, { code: 'state_unavailable' }]);
    expect(messages).toEqual(['The metrics could not be measured']);
  });

  it('are measured at most once in some seconds', async () => {
    let measured = 0;
    const answer = exposeMetrics({
      collected: new Collected(() => 0),
      measure: async () => {
        measured += 1;
        return {};
      },
      notices: { countWaiting: async () => 0 },
      health: async () => ({ statusCode: 200, headers: {}, body: '{}' }),
      directory: await temporaryDirectory(),
      startedMs: 0,
      log: () => undefined,
    });
    await Promise.all([answer(), answer(), answer()]);
    expect(measured).toBe(1);
  });
});

describe('GET /metrics', () => {
  it('counts what a server does, for this machine without a key', async () => {
    const { post, url, call } = await startServer();
    await post(eventText());
    await post('{"action": "no"}');
    const metrics = async () => {
      const answer = await fetch(`${url}/metrics`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, openMetricsType]);
      return readOpenMetrics(await answer.text());
    };
    await eventually(async () => expect(only(await metrics(), 'annals_filed_rows')).toBe(1));
    const read = await metrics();
    expect(only(read, 'annals_accepted_events')).toBe(1);
    expect(only(read, 'annals_rejected_events')).toBe(1);
    expect(only(read, 'annals_filing_lag_seconds')).toBeGreaterThanOrEqual(0);
    const shown = new Set(read.keys());
    const notYet = [
      'annals_compaction_lag_seconds',
      'annals_refused_bytes',
      'annals_failing_deliveries',
      'annals_delivery_lag_seconds',
    ];
    for (const { name } of Object.values(families)) {
      if (!notYet.includes(name)) expect(shown, name).toContain(name);
    }
    expect((await call('emitter', '/metrics')).status).toBe(200);
    const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it('needs a key of the role metrics behind a proxy, and such a key opens nothing else', async () => {
    const { url, keys, call, data } = await startServer({
      ...filesNothing,
      front: { publicUrl: 'https://audit.example.com' },
    });
    const asking = async (path: string, token?: string) =>
      (await fetch(`${url}${path}`, token ? { headers: { authorization: `Bearer ${token}` } } : {})).status;
    expect(await asking('/metrics')).toBe(401);
    expect(await asking('/metrics', keys.operator)).toBe(403);
    expect((await call(undefined, '/healthz')).status).toBe(200);
    const token = await addNamedKey(data, 'metrics');
    await eventually(async () => expect(await asking('/metrics', token)).toBe(200));
    for (const path of ['/v1/exports', '/v1/events?all_scopes=true&reason=x', '/v1/gaps'])
      expect(await asking(path, token), path).toBe(403);
  });
});
