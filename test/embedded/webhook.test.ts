import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it, onTestFinished } from 'vitest';
import { noticeOf } from '#domain/export/notice.ts';
import { webhookSender } from '#embedded/webhook.ts';

const secret = 'a secret of sixteen';
const nowMs = (): number => Date.parse('2026-11-23T12:00:00.789Z');
const notice = noticeOf(
  { id: '00000000-0000-8000-8000-000000000001', subject: 's', message: { event: 'export.succeeded' } },
  'e',
  '2026-11-23T12:00:00.000000000Z',
);

/** A receiver on loopback; `answer` ends each request. */
const startReceiver = async (answer: (response: ServerResponse) => unknown) => {
  const got: { headers: IncomingHttpHeaders; body: string; url: string }[] = [];
  const server = createServer(async (request, response) => {
    got.push({ headers: request.headers, body: await text(request), url: request.url! });
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { got, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
};
const unstopped = new AbortController().signal;
const send = (url: string) => webhookSender({ url, secret, nowMs })(notice, unstopped);

describe('a webhook', () => {
  it('is signed as Standard Webhooks has it, and as before, with an id that each try has again', async () => {
    const { got, host } = await startReceiver(response => response.writeHead(204).end());
    await send(`http://${host}/hook?key=1`);
    await send(`http://${host}/hook?key=1`);
    const [first, second] = got;
    const seconds = Math.floor(nowMs() / 1000);
    const hmac = (algorithmOf: string, encoding: 'hex' | 'base64') =>
      createHmac('sha256', secret).update(algorithmOf).digest(encoding);
    expect(first).toMatchObject({
      url: '/hook?key=1',
      body: '{"event":"export.succeeded"}',
      headers: {
        'content-type': 'application/json',
        'webhook-id': notice.id,
        'webhook-timestamp': String(seconds),
        'webhook-signature': `v1,${hmac(`${notice.id}.${seconds}.${first!.body}`, 'base64')}`,
        'x-annals-signature': `t=${seconds},v1=${hmac(`${seconds}.${first!.body}`, 'hex')}`,
      },
    });
    expect(second).toMatchObject({ body: first!.body, headers: { 'webhook-id': notice.id } });
  });

  it.each([
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', {}],
    [secret, { format: 'raw' as const }],
  ])(
    'passes the library of Standard Webhooks at each try, under %s, unless it was changed or is old',
    async (key, format) => {
      const { got, host } = await startReceiver(response => response.writeHead(503).end());
      const sendAt = (atMs: number) =>
        webhookSender({ url: `http://${host}/`, secret: key, nowMs: () => atMs })(notice, unstopped);
      const tenMinutesAgo = Date.now() - 600_000;
      for (const atMs of [Date.now(), Date.now() + 1000, tenMinutesAgo])
        await expect(sendAt(atMs)).rejects.toThrow('it answered 503');
      const [first, second, old] = got.map(({ headers, body }) => ({
        headers: headers as Record<string, string>,
        body,
      }));
      const receiver = new Webhook(key, format);
      expect(receiver.verify(first!.body, first!.headers)).toEqual(notice.message);
      expect(receiver.verify(second!.body, second!.headers)).toEqual(notice.message);
      expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
      expect(() => receiver.verify(`${first!.body} `, first!.headers)).toThrow('No matching signature');
      const asAnother = { ...first!.headers, 'webhook-id': 'another' };
      expect(() => receiver.verify(first!.body, asAnother)).toThrow('No matching signature');
      expect(() => receiver.verify(old!.body, old!.headers)).toThrow('Message timestamp too old');
    },
  );

  it.each([
    ['an error', (response: ServerResponse) => response.writeHead(500).end('no'), 'it answered 500'],
    ['a refusal', (response: ServerResponse) => response.writeHead(410).end(), 'it answered 410'],
    [
      'a redirect, which is not followed',
      (response: ServerResponse) => response.writeHead(307, { location: '/elsewhere' }).end(),
      'it answered 307',
    ],
    ['no answer', (response: ServerResponse) => response.destroy(), 'no connection (UND_ERR_SOCKET)'],
  ])('that gives %s has not taken the notice, and the reason holds no secret', async (_, answer, reason) => {
    const { got, host } = await startReceiver(answer);
    await expect(send(`http://${host}/hook?token=hunter22`)).rejects.toThrow(reason);
    const error = (await send(`http://${host}/hook?token=hunter22`).catch(error => error)) as Error;
    expect(error.message).toBe(reason);
    expect(got.every(({ url }) => url.startsWith('/hook'))).toBe(true);
  });

  it('without a listener has not taken the notice', async () => {
    await expect(send('http://127.0.0.1:1/hook?token=hunter22')).rejects.toThrow(
      /^no connection( \(ECONNREFUSED\))?$/,
    );
  });

  it('that takes the request and hangs is left when its caller stops', async () => {
    const stop = new AbortController();
    const { host } = await startReceiver(() => stop.abort());
    await expect(
      webhookSender({ url: `http://${host}/`, secret, nowMs })(notice, stop.signal),
    ).rejects.toThrow('no connection');
  });

  it('has taken the notice once it has answered, however long the rest of its answer is', async () => {
    const { host } = await startReceiver(response => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('and so on');
    });
    await send(`http://${host}/`);
  });
});
