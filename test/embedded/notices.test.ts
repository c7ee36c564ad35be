import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';

const secret = 'a secret of sixteen';
const daily = { every: 'daily', at: '06:00', time_zone: 'Europe/Berlin', requested_by: 'u-1', reason: 'r' };
type Options = NonNullable<Parameters<typeof startServer>[0]>;
type Notice = Api<'Notice'>;

/** A receiver that answers with `hook.status`. */
const startHook = async () => {
  const told: { body: string; headers: Record<string, string> }[] = [];
  const hook = { told, url: '', status: 204, answers: [] as number[] };
  const server = createServer(async (request, response) => {
    told.push({ body: await text(request), headers: request.headers as Record<string, string> });
    response.writeHead(hook.answers.shift() ?? hook.status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  hook.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=hunter22`;
  return hook;
};

const open = async (options: Options) => {
  const server = await startServer(options);
  const runNow = async () => {
    await server.admin('acme', 'u-1');
    const path = '/v1/scopes/acme/schedules/nightly';
    await server.call('support', path, { method: 'PUT', body: JSON.stringify(daily) });
    const response = await server.call('support', `${path}/runs`, { method: 'POST' });
    return server.finished(((await response.json()) as { export_id: string }).export_id);
  };
  const notices = async () =>
    ((await (await server.call('operator', '/v1/notices')).json()) as { notices: Notice[] }).notices;
  const act = (id: string, verb: string) =>
    server.call('operator', `/v1/notices/${id}/${verb}`, { method: 'POST' });
  return { ...server, runNow, notices, act };
};
/** Some days ahead, until the test has ended. */
const shiftClock = (days: number): void => {
  const clock = vi
    .spyOn(Date, 'now')
    .mockImplementation(() => Math.floor(performance.timeOrigin + performance.now()) + days * 86_400_000);
  onTestFinished(() => void clock.mockRestore());
};

describe('a webhook', () => {
  it('is notified how runs of schedules ended, signed, and again until it takes the notice', async () => {
    const hook = await startHook();
    hook.answers = [500, 503];
    const logged: string[] = [];
    const { runNow, notices } = await open({
      webhook: { url: hook.url, secret },
      log: (...entry) => void logged.push(JSON.stringify(entry)),
    });
    const job = await runNow();
    await eventually(() => expect(hook.told.length).toBeGreaterThanOrEqual(3));
    await eventually(async () => expect(await notices()).toEqual([]));
    const { body, headers } = hook.told.at(-1)!;
    expect(JSON.parse(body)).toMatchObject({
      event: 'export.succeeded',
      id: job.id,
      notice_id: headers['webhook-id'],
      schedule: { schedule_id: 'nightly', n: 1 },
      download: `/v1/exports/${job.id}/download`,
    });
    const [, seconds, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['x-annals-signature']!)!;
    expect(v1).toBe(createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex'));
    expect(headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', secret).update(`${headers['webhook-id']}.${seconds}.${body}`).digest('base64')}`,
    );
    expect(new Set(hook.told.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(hook.told.map(({ body }) => body)).size).toBe(1);
    expect(body).not.toContain('context.create');
    expect(logged.join('\n')).toContain('it answered 503');
    expect(logged.join('\n')).not.toMatch(/hunter|sixteen|\/hook/);
  });

  it('finds the export concluded whose end it is notified of', async () => {
    const seen: string[] = [];
    const hook = createServer(async (request, response) => {
      const { id } = JSON.parse(await text(request)) as { id: string };
      seen.push(((await (await call('operator', `/v1/exports/${id}`)).json()) as { status: string }).status);
      response.writeHead(204).end();
    });
    hook.listen(0, '127.0.0.1');
    await once(hook, 'listening');
    onTestFinished(() => void hook.close());
    const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
    const { call, runNow } = await open({ webhook: { url, secret } });
    await runNow();
    await eventually(() => expect(seen).toEqual(['succeeded']));
  });

  it('that was away gets its notice after a restart, under the same id, and it is listed meanwhile', async () => {
    const hook = await startHook();
    hook.status = 502;
    const first = await open({ webhook: { url: hook.url, secret } });
    await first.runNow();
    await eventually(async () =>
      expect(await first.notices()).toMatchObject([
        { status: 'waiting', last_reason: 'it answered 502', subject: expect.stringContaining('run 1 of') },
      ]),
    );
    const [{ id }] = (await first.notices()) as [Notice];
    await first.stop();
    hook.told.splice(0);
    hook.status = 200;
    const second = await open({ data: first.data, webhook: { url: hook.url, secret } });
    await eventually(() => expect(hook.told).toHaveLength(1));
    expect(hook.told[0]!.headers['webhook-id']).toBe(id);
    await eventually(async () => expect(await second.notices()).toEqual([]));
  });

  it('is notified of every export that ends if that is set, otherwise only of scheduled ones', async () => {
    const all = await startHook();
    const some = await startHook();
    const first = await open({ webhook: { url: all.url, secret, events: 'all' } });
    const second = await open({ webhook: { url: some.url, secret } });
    const { job } = await first.exportLog();
    await eventually(() => expect(all.told).toHaveLength(1));
    const { schedule, ...told } = JSON.parse(all.told[0]!.body) as Record<string, unknown>;
    expect([schedule, told.id, told.event]).toEqual([undefined, job.id, 'export.succeeded']);
    await second.exportLog();
    await second.runNow();
    await eventually(() => expect(some.told).toHaveLength(1));
    expect(JSON.parse(some.told[0]!.body)).toHaveProperty('schedule');
  });

  it('that hangs holds up neither exports nor the stop of the server', async () => {
    const hanging = createServer(() => undefined);
    hanging.listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    onTestFinished(() => {
      hanging.closeAllConnections();
      hanging.close();
    });
    const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/`;
    const { runNow, exportLog, stop, notices } = await open({ webhook: { url, secret } });
    const asked = once(hanging, 'request');
    expect(await runNow()).toMatchObject({ status: 'succeeded' });
    await asked;
    expect((await exportLog()).job).toMatchObject({ status: 'succeeded' });
    expect(await notices()).toMatchObject([{ status: 'waiting' }]);
    await stop();
  });
});

describe('a notice that was not taken for a day', () => {
  const giveUp = async () => {
    const hook = await startHook();
    hook.status = 500;
    const first = await open({ webhook: { url: hook.url, secret } });
    await first.runNow();
    await eventually(async () => expect((await first.notices())[0]?.attempts).toBeGreaterThan(0));
    // No other run is due when the days have passed.
    await first.call('support', '/v1/scopes/acme/schedules/nightly', {
      method: 'PUT',
      body: JSON.stringify({ ...daily, paused: true }),
    });
    await first.stop();
    shiftClock(2);
    const server = await open({ data: first.data, webhook: { url: hook.url, secret } });
    await eventually(async () =>
      expect(await server.notices()).toMatchObject([{ status: 'undelivered', next_attempt_at: null }]),
    );
    const [notice] = (await server.notices()) as [Notice];
    return { hook, server, notice };
  };
  const healthCodes = async ({ call }: { call: Awaited<ReturnType<typeof open>>['call'] }) => {
    const { problems = [] } = (await (await call(undefined, '/healthz')).json()) as {
      problems?: { code: string }[];
    };
    return problems.map(({ code }) => code);
  };

  it('is undelivered until the operator has it tried again', async () => {
    const { hook, server, notice } = await giveUp();
    hook.status = 200;
    await eventually(async () => expect(await healthCodes(server)).toContain('undelivered_notices'));
    const listed = await annals(['notices', '--data', server.data]);
    expect(listed).toMatchObject({ code: 0, out: expect.stringContaining('undelivered') });
    const retried = await annals(['notices', 'retry', notice.id, '--data', server.data]);
    expect(retried).toMatchObject({ code: 0, out: expect.stringContaining('Retrying the notice') });
    await eventually(async () => expect(await server.notices()).toEqual([]));
    expect(hook.told.at(-1)!.headers['webhook-id']).toBe(notice.id);
    await eventually(async () => expect(await healthCodes(server)).not.toContain('undelivered_notices'));
    expect((await server.act(notice.id, 'retry')).status).toBe(404);
    expect(await annals(['notices', '--data', server.data])).toMatchObject({
      code: 0,
      out: expect.stringContaining('No undelivered notices'),
    });
  });

  it('can be dismissed by the operator, and by nobody else', async () => {
    const { server, notice } = await giveUp();
    for (const role of ['support', 'emitter'] as const)
      expect((await server.call(role, `/v1/notices/${notice.id}/dismiss`, { method: 'POST' })).status).toBe(
        403,
      );
    const dismissed = await annals(['notices', 'dismiss', notice.id, '--data', server.data, '--json']);
    expect(dismissed).toMatchObject({ code: 0 });
    expect(await server.notices()).toEqual([]);
    expect((await server.act(notice.id, 'dismiss')).status).toBe(404);
    expect((await server.act('~Li4vLi4veA', 'dismiss')).status).toBe(404);
  });
});

describe('annals start', () => {
  it.each([
    [[], { ANNALS_WEBHOOK_EVENTS: 'some' }, 'expected schedules or all'],
    [['--webhook', 'http://127.0.0.1/'], { ANNALS_WEBHOOK_SECRET: 'hunter22' }, 'at least 16 characters'],
    [['--webhook', 'http://127.0.0.1/'], { ANNALS_WEBHOOK_SECRET: 'whsec_hunter22-and-more' }, 'in base64'],
  ])(
    'refuses a webhook that cannot work, and prints no secret: %j %j',
    async (args, environment, message) => {
      const ended = await annals(['start', '--data', '/nowhere/annals', ...args], '', environment);
      expect(ended).toMatchObject({ code: 2, err: expect.stringContaining(message) });
      expect(ended.err).not.toContain('hunter22');
    },
  );
});

describe('the webhook of an installation', () => {
  it('is told of a new delivery and that it fails, signed, and without what is secret', async () => {
    const hook = await startHook();
    const { call, admin, post, data } = await startServer({ webhook: { url: hook.url, secret } });
    const path = '/v1/scopes/acme/deliveries/archive';
    await admin('acme', 'u-1');
    const body = JSON.stringify({ destination: { type: 'directory', path: 'acme' } });
    expect((await call('operator', path, { method: 'PUT', body })).status).toBe(201);
    const https = {
      type: 'https',
      url: 'https://user:canary@siem.example/in?key=canary',
      secret: 'canary-0123456789',
    };
    const more = JSON.stringify({ destination: https, requested_by: 'u-1' });
    await call('operator', '/v1/scopes/acme/deliveries/siem', { method: 'PUT', body: more });
    const told = () => hook.told.map(one => JSON.parse(one.body) as Record<string, unknown>);
    await eventually(() => expect(told()).toHaveLength(2));
    expect(told()).toContainEqual({
      event: 'delivery.created',
      notice_id: hook.told[0]!.headers['webhook-id'],
      scope_id: 'acme',
      delivery_id: 'archive',
      at: expect.any(String),
      destination: { type: 'directory', path: 'acme' },
      requested_by: null,
      created_by: expect.any(String),
    });
    expect((await call('operator', `${path}/test`, { method: 'POST' })).status).toBe(200);
    // A file in the place of the directory.
    await rm(join(data, 'deliveries', 'acme'), { recursive: true });
    await writeFile(join(data, 'deliveries', 'acme'), '');
    await post(`[${eventText({ id: undefined })}]`);
    await eventually(() =>
      expect(told()).toContainEqual(
        expect.objectContaining({
          event: 'delivery.failing',
          delivery_id: 'archive',
          code: 'directory_not_writable',
          cure: 'Let the user who runs Annals write to it',
          times: 1,
        }),
      ),
    );
    expect(JSON.stringify(hook.told)).not.toContain('canary');
    for (const { body, headers } of hook.told) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
      const expected = createHmac('sha256', secret).update(signed).digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    }
  });

  it('has nothing waiting for it if there is none', async () => {
    const { call } = await startServer();
    const body = JSON.stringify({ destination: { type: 'directory', path: 'acme' } });
    await call('operator', '/v1/scopes/acme/deliveries/archive', { method: 'PUT', body });
    expect(await (await call('operator', '/v1/notices')).json()).toMatchObject({ notices: [] });
  });
});
