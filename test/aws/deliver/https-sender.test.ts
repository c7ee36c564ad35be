import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { HttpsPolicy } from '#aws/deliver/guarded-post.ts';
import { HttpsSender } from '#aws/deliver/https-sender.ts';
import type { DestinationSecrets, Preset } from '#domain/deliver/destination.ts';
import { formOf } from '#domain/deliver/forms.ts';
import { partOf } from '#test/support/delivery-part.ts';
import { type Answering, type Got, startReceiver } from '#test/support/https-receiver.ts';

const secret = 'a secret of sixteen';
const unstopped = new AbortController().signal;
const start = Date.parse('2026-11-26T12:00:00Z');

type Options = {
  preset?: Preset;
  secrets?: Partial<DestinationSecrets>;
  policy?: Partial<HttpsPolicy>;
  nowMs?: () => number;
};
/** A receiver, and a sender to it. */
const connect = async (answer: Answering, { preset, secrets, policy, nowMs }: Options = {}) => {
  const receiver = await startReceiver(answer);
  const sender = new HttpsSender({
    secrets: { url: receiver.url, secrets: [secret], headers: {}, ...secrets },
    preset,
    form: formOf('json'),
    policy: { ...receiver.policy, ...policy },
    nowMs: nowMs ?? (() => start),
  });
  return { sender, got: receiver.got, url: receiver.url };
};
const isTest = ({ headers }: Got): boolean => headers['annals-kind'] === 'test';
/** Refuses every request that a firewall would refuse. */
const firewall =
  (status = 403): Answering =>
  ({ text }, response) =>
    response.writeHead(text.includes('DROP TABLE') ? status : 204).end();
const names = (count: number, poison: readonly number[] = []): string[] =>
  Array.from({ length: count }, (_, at) => (poison.includes(at) ? `'; DROP TABLE ${at}` : `n${at}`));

describe('an HTTPS sender', () => {
  it('sends the text of a part, gzipped and signed, with the same id and text at each try', async () => {
    let clockMs = Date.now();
    const { sender, got } = await connect((_, response) => response.writeHead(500).end(), {
      secrets: { secrets: ['a newer secret of ours', secret], headers: { 'x-api-key': 'k' } },
      nowMs: () => clockMs,
    });
    const part = partOf(names(3));
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await sender.send(part, unstopped)).toEqual({
        kind: 'failed',
        code: 'server_error',
        status: 500,
      });
      clockMs += 60_000;
    }
    const [first, second] = got;
    expect(first!.text).toBe(part.text.toString());
    expect(second!.text).toBe(first!.text);
    expect(first!.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'webhook-id': part.id,
      'annals-kind': 'rows',
      'annals-run': '7',
      'annals-part': '1',
      'x-api-key': 'k',
    });
    expect(second!.headers['webhook-id']).toBe(part.id);
    expect(second!.headers['webhook-timestamp']).not.toBe(first!.headers['webhook-timestamp']);
    for (const key of [secret, 'a newer secret of ours'])
      for (const { headers, text } of got)
        new Webhook(key, { format: 'raw' }).verify(text, headers as Record<string, string>, {
          jsonParse: false,
        });
  });

  it('says of a replay that it is one, under the id that it had', async () => {
    const { sender, got } = await connect(firewall());
    const part = partOf(names(2));
    await sender.send(part, unstopped);
    await sender.send({ ...part, replay: 'again' }, unstopped);
    expect(got.map(({ headers }) => [headers['webhook-id'], headers['annals-replay']])).toEqual([
      [part.id, undefined],
      [part.id, 'again'],
    ]);
  });

  it('gives up the events that a firewall refuses, by number and status, and delivers all others once', async () => {
    const { sender, got } = await connect(firewall());
    const part = partOf(names(100, [41, 97]));
    expect(await sender.send(part, unstopped)).toEqual({
      kind: 'done',
      undelivered: [41, 97].map(line => ({ line, code: 'refused', status: 403 })),
    });
    const taken = got.filter(one => !isTest(one) && !one.text.includes('DROP TABLE'));
    const lines = part.text.toString().split('\n').slice(0, -1);
    expect(taken.flatMap(one => one.lines)).toEqual(lines.filter(line => !line.includes('DROP TABLE')));
    const ids = got.filter(one => !isTest(one)).map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(ids.length);
    expect(got.length).toBeLessThan(50);
  });

  it('gives up no event while the receiver refuses everything, for a day, and then delivers all', async () => {
    let clockMs = start;
    const { sender, got } = await connect(
      (_, response) => response.writeHead(clockMs < start + 86_400_000 ? 403 : 204).end(),
      { nowMs: () => clockMs },
    );
    const part = partOf(names(5));
    for (; clockMs < start + 86_400_000; clockMs += 900_000)
      expect(await sender.send(part, unstopped)).toEqual({
        kind: 'failed',
        code: 'not_authorized',
        status: 403,
      });
    expect(await sender.send(part, unstopped)).toEqual({ kind: 'done' });
    expect(got.at(-1)!.text).toBe(part.text.toString());
    expect(got).toHaveLength(96 * 2 + 1);
  });

  it('gives up no event if the receiver begins to refuse everything in the middle of halving', async () => {
    let isDown = false;
    const { sender } = await connect((one, response) => {
      if (!isTest(one) && one.lines.length === 1) isDown = true;
      response.writeHead(isDown || one.text.includes('DROP TABLE') ? 404 : 204).end();
    });
    const part = partOf(names(8, [0]));
    expect(await sender.send(part, unstopped)).toEqual({ kind: 'failed', code: 'refused', status: 404 });
  });

  it('goes on where a try ran out of time, so that many refused events come to an end', async () => {
    let clockMs = start;
    const { sender, got } = await connect(
      (one, response) => {
        clockMs += 4000;
        response.writeHead(one.text.includes('DROP TABLE') ? 400 : 204).end();
      },
      { nowMs: () => clockMs },
    );
    const part = partOf(names(40, [3, 17, 18, 30]));
    let outcome = await sender.send(part, unstopped);
    for (let turn = 0; turn < 20 && outcome.kind !== 'done'; turn++) {
      // No failure: a pause after each would let who is logged hold the log up for weeks.
      expect(outcome).toEqual({ kind: 'unfinished' });
      outcome = await sender.send(part, unstopped);
    }
    expect(outcome).toMatchObject({ kind: 'done', undelivered: [3, 17, 18, 30].map(line => ({ line })) });
    const bodies = got.filter(one => !isTest(one)).map(({ text }) => text);
    expect(new Set(bodies).size).toBe(bodies.length);
  });

  it('never gives up a manifest, which nobody who is logged can write into', async () => {
    const { sender } = await connect(firewall(400));
    const text = Buffer.from('{"run":7,"note":"DROP TABLE"}');
    const manifest = partOf([], { kind: 'manifest', text, events: [] });
    expect(await sender.send(manifest, unstopped)).toEqual({ kind: 'failed', code: 'refused', status: 400 });
    const { sender: other, got } = await connect(firewall());
    expect(await other.send({ ...manifest, text: Buffer.from('{"run":7}') }, unstopped)).toEqual({
      kind: 'done',
    });
    expect(got[0]).toMatchObject({ text: '{"run":7}', headers: { 'annals-kind': 'manifest' } });
  });

  it('waits as long as the receiver asks for, up to 15 minutes', async () => {
    const answers = ['30', '86400'];
    const { sender } = await connect((_, response) =>
      response.writeHead(429, { 'retry-after': answers.shift() }).end(),
    );
    const part = partOf(names(2));
    expect(await sender.send(part, unstopped)).toMatchObject({
      code: 'throttled',
      status: 429,
      afterMs: 30_000,
    });
    expect(await sender.send(part, unstopped)).toMatchObject({ afterMs: 900_000 });
  });

  it.each<[string, Answering, object]>([
    [
      'fails',
      (_, response) => response.writeHead(500).end('secret of the receiver'),
      { code: 'server_error' },
    ],
    ['redirects', (_, response) => response.writeHead(302, { location: '/' }).end(), { code: 'redirected' }],
    ['hangs', () => undefined, { code: 'timed_out' }],
    ['closes the connection', (_, response) => response.destroy(), { code: 'unreachable' }],
  ])('tells only a code and a status of a receiver that %s', async (_, answer, expected) => {
    const { sender } = await connect(answer, { policy: { idleMs: 100 } });
    const outcome = await sender.send(partOf(names(2)), unstopped);
    expect(outcome).toMatchObject({ kind: 'failed', ...expected });
    expect(Object.keys(outcome).filter(key => !['kind', 'code', 'status'].includes(key))).toEqual([]);
    expect(await sender.test(unstopped)).toEqual(outcome);
  });

  it('tests with an event that stands for none, in the form of the others', async () => {
    const { sender, got } = await connect(firewall());
    expect(await sender.test(unstopped)).toEqual({ kind: 'done' });
    expect(got).toHaveLength(1);
    expect(JSON.parse(got[0]!.text)).toMatchObject({ action: 'audit_log.delivery.test' });
    expect(isTest(got[0]!)).toBe(true);
  });

  it('is kept from a private address, and tests so', async () => {
    const resolve = () => Promise.resolve([{ address: '10.0.0.1', family: 4 }]);
    const { sender, got } = await connect(firewall(), { policy: { resolve } });
    const expected = { kind: 'failed', code: 'address_not_allowed' };
    expect(await sender.test(unstopped)).toEqual(expected);
    expect(await sender.send(partOf(names(1)), unstopped)).toEqual(expected);
    expect(got).toEqual([]);
  });

  it('is not held up by fifty receivers that hang', async () => {
    const hanging = await startReceiver(() => undefined);
    const ending = new AbortController();
    const senderTo = (url: string) =>
      new HttpsSender({
        secrets: { url, secrets: [], headers: {} },
        preset: undefined,
        form: formOf('json'),
        policy: hanging.policy,
        nowMs: () => start,
      });
    const stuck = Array.from({ length: 50 }, (_, at) =>
      senderTo(`${hanging.url}/${at}`).send(partOf(names(2)), ending.signal),
    );
    const { sender, got } = await connect(firewall());
    for (let run = 0; run < 20; run++)
      expect(await sender.send(partOf([`run ${run}`]), unstopped)).toEqual({ kind: 'done' });
    expect(got).toHaveLength(20);
    ending.abort();
    for (const outcome of await Promise.all(stuck))
      expect(outcome).toEqual({ kind: 'failed', code: 'timed_out' });
  });
});

describe('a preset', () => {
  const splunk: Answering = (one, response) =>
    one.text.includes('DROP TABLE')
      ? response.writeHead(400).end('{"text":"Invalid data format","code":6,"invalid-event-number":0}')
      : response.writeHead(200).end('{"text":"Success","code":0}');

  it('splunk-hec sends what the collector takes, and halves what it refuses', async () => {
    const { sender, got } = await connect(splunk, {
      preset: 'splunk-hec',
      secrets: { secrets: [], headers: { authorization: 'Splunk t' } },
    });
    expect(await sender.send(partOf(names(6, [4])), unstopped)).toMatchObject({ undelivered: [{ line: 4 }] });
    expect(got[0]!.headers.authorization).toBe('Splunk t');
    expect(got[0]!.headers).not.toHaveProperty('webhook-signature');
    expect(JSON.parse(got[0]!.lines[1]!)).toMatchObject({
      sourcetype: 'annals:event',
      event: { scope: { id: 'acme' } },
    });
  });

  it('datadog leaves out what is too large, and counts what is too old', async () => {
    const part = partOf(['a', 'x'.repeat(1_100_000), 'c']);
    const events = part.events.map((event, at) =>
      at === 0 ? { ...event, occurredAt: '2026-11-20T00:00:00.000000000Z' } : event,
    );
    const { sender, got } = await connect((_, response) => response.writeHead(202).end('{}'), {
      preset: 'datadog',
    });
    expect(await sender.send({ ...part, events }, unstopped)).toEqual({
      kind: 'done',
      undelivered: [{ line: 1, code: 'event_too_large' }],
      retimed: 1,
    });
    const sent = got.flatMap(({ text }) => JSON.parse(text) as { timestamp?: number; message: string }[]);
    expect(sent.map(({ timestamp }) => timestamp !== undefined)).toEqual([false, true]);
  });

  it('otlp finds the records that were rejected in a partial success', async () => {
    const otlp: Answering = (one, response) => {
      const rejectedLogRecords = String(one.text.split('DROP TABLE').length - 1);
      response.writeHead(200).end(JSON.stringify({ partialSuccess: { rejectedLogRecords } }));
    };
    const { sender, got } = await connect(otlp, { preset: 'otlp' });
    expect(await sender.send(partOf(names(9, [0, 8])), unstopped)).toEqual({
      kind: 'done',
      undelivered: [0, 8].map(line => ({ line, code: 'refused', status: 200 })),
    });
    expect(got.some(isTest)).toBe(false);
  });
});
