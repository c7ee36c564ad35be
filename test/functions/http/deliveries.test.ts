import { describe, expect, it } from 'vitest';
import { NotRecordable } from '#aws/self-audit.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import type { Caller } from '#domain/access/caller.ts';
import type { SelfAuditEvent } from '#domain/access/self-audit-event.ts';
import type { DeliveryNotification } from '#domain/deliver/delivery-notification.ts';
import { firstProgress } from '#domain/deliver/progress.ts';
import {
  deleteDelivery,
  listDeliveries,
  pauseDelivery,
  replayDelivery,
  resumeDelivery,
  setDelivery,
  showDelivery,
  testDelivery,
} from '#functions/http/deliveries.ts';
import type { DeliveriesWorld } from '#functions/http/delivery-calls.ts';
import type { Handler } from '#functions/http/router.ts';
import type { TestResult } from '#functions/workflows/test-delivery.ts';
import { deliveriesOf } from '#test/support/deliveries-world.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const admin: Caller = { role: 'admin', principal: 'u-1', scopeId: 'acme' };
const operator: Caller = { role: 'operator', principal: 'o' };
const support: Caller = { role: 'support', principal: 's' };
const s3 = {
  type: 's3',
  bucket: 'acme-audit-log',
  region: 'eu-central-1',
  role_arn: 'arn:aws:iam::111122223333:role/annals',
};
const https = {
  type: 'https',
  url: 'https://canary-user:canary-password@siem.example.com/in?token=canary-query',
  secret: 'canary-secret-0123456789',
  headers: { authorization: 'Splunk canary-header' },
};

const open = () => {
  const places = new Map();
  const state = memoryBucket('state', places).objects;
  const audited: SelfAuditEvent[] = [];
  const told: DeliveryNotification[] = [];
  const clock = { ms: Date.parse('2026-11-26T10:00:00Z') };
  const tested: TestResult[] = [];
  const admins = new Set(['u-1', 'u-2']);
  const world: DeliveriesWorld = {
    ...deliveriesOf(state, () => clock.ms),
    buckets: 32,
    watermarks: new Watermarks(state),
    adminDirectory: { isAdmin: async (_, user) => admins.has(user) },
    selfAudit: { record: async (event: SelfAuditEvent) => void audited.push(event) } as never,
    tell: async notification => void told.push(notification),
    testDelivery: async () => tested.shift() ?? { kind: 'done' },
    nowMs: () => clock.ms,
    log: () => undefined,
  };
  const ask = async (
    handle: Handler<DeliveriesWorld>,
    { caller = admin as Caller, id = 'siem', scope = 'acme', body = undefined as object | undefined } = {},
  ) => {
    const { statusCode, body: text } = await handle(world, {
      caller,
      event: {
        routeKey: '',
        headers: {},
        isBase64Encoded: false,
        pathParameters: { scope_id: scope, id },
        ...(body ? { body: JSON.stringify(body) } : {}),
        requestContext: { requestId: 'r', http: { sourceIp: '192.0.2.1' } },
      },
    });
    return {
      status: statusCode,
      text,
      json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  };
  /** How many versions of secrets there are, and what the one says that the delivery names. */
  const sealed = async () => {
    const { secret_version } = (await world.deliveries.get('acme', 'siem'))!.definition!;
    return {
      versions: (await world.secrets.versions('acme', 'siem')).length,
      secrets: await world.secrets.get('acme', 'siem', secret_version!),
    };
  };
  return { world, places, audited, told, ask, clock, tested, admins, sealed };
};

describe('the routes of deliveries', () => {
  it('make one that waits for its test, with an external id of ours', async () => {
    const { ask, audited } = open();
    const made = await ask(setDelivery, { body: { destination: s3 } });
    expect(made).toMatchObject({
      status: 201,
      json: { state: 'pending', requested_by: 'u-1', destination: s3 },
    });
    expect(made.json.external_id).toMatch(/^[\w-]{32}$/);
    expect((await ask(setDelivery, { body: { destination: s3, external_id: 'mine' } })).status).toBe(400);
    expect(audited.map(({ action }) => action)).toEqual(['delivery.create']);
    expect((await ask(listDeliveries)).json).toMatchObject({ deliveries: [{ id: 'siem' }], cursor: null });
    const other = await ask(setDelivery, { id: 'other', body: { destination: s3 } });
    expect(other.json.external_id).not.toBe(made.json.external_id);
  });

  it('keep what is secret out of state, log and answers', async () => {
    const { ask, places, audited, told, world } = open();
    const answers = [await ask(setDelivery, { body: { destination: https } })];
    answers.push(
      await ask(setDelivery, { body: { destination: { ...https, secret: 'canary-second-0123456789' } } }),
    );
    answers.push(await ask(showDelivery), await ask(listDeliveries), await ask(testDelivery));
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200]);
    const stored = [...places].map(([key, { bytes }]) => `${key} ${(bytes as Buffer).toString('latin1')}`);
    expect(told).toHaveLength(1);
    for (const text of [...stored, JSON.stringify([audited, told]), ...answers.map(each => each.text)])
      expect(text).not.toMatch(/canary/);
    const { secret_version } = (await world.deliveries.get('acme', 'siem'))!.definition!;
    // The two newest are live.
    expect(await world.secrets.get('acme', 'siem', secret_version!)).toEqual({
      url: https.url,
      secrets: ['canary-second-0123456789', 'canary-secret-0123456789'],
      headers: https.headers,
    });
  });

  it('keep the secrets that a change leaves out', async () => {
    const { ask, world, audited } = open();
    await ask(setDelivery, { body: { destination: https } });
    const { secret: _, headers: __, ...bare } = https;
    const again = await ask(setDelivery, { body: { destination: bare } });
    expect(again.status).toBe(200);
    // Nothing changed, so nothing is recorded.
    expect(audited).toHaveLength(1);
    const { secret_version } = (await world.deliveries.get('acme', 'siem'))!.definition!;
    expect((await world.secrets.get('acme', 'siem', secret_version!)).headers).toEqual(https.headers);
  });

  it('keep the whole URL if the one that is shown is sent, and rotate, set and remove what is secret', async () => {
    const { ask, sealed } = open();
    await ask(setDelivery, { body: { destination: https } });
    const set = async (change: object) => {
      const { status, json } = await ask(setDelivery, {
        body: { destination: { type: 'https', ...change } },
      });
      return { status, shown: json.destination, ...(await sealed()) };
    };
    const { headers, secret } = https;
    const shown = { type: 'https', url: 'https://siem.example.com/in', header_names: ['authorization'] };
    expect(await set({ url: shown.url, secret: 'new-0123456789-new' })).toEqual({
      status: 200,
      shown: { ...shown, live_secrets: 2 },
      versions: 1,
      secrets: { url: https.url, secrets: ['new-0123456789-new', secret], headers },
    });
    expect(await set({ previous_secret: null, headers: { 'x-key': '1' } })).toMatchObject({
      shown: { live_secrets: 1, header_names: ['authorization', 'x-key'] },
      versions: 1,
      secrets: { url: https.url, secrets: ['new-0123456789-new'], headers: { ...headers, 'x-key': '1' } },
    });
    expect(await set({ url: `${shown.url}?`, secret: null, headers: { authorization: null } })).toEqual({
      status: 200,
      shown: { ...shown, header_names: ['x-key'], live_secrets: 0 },
      versions: 1,
      secrets: { url: `${shown.url}?`, secrets: [], headers: { 'x-key': '1' } },
    });
    expect(await set({ headers: null })).toMatchObject({ secrets: { headers: {} } });
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`x-${n}`, 'v']));
    expect((await set({ headers: many })).status).toBe(400);
  });

  it('change what a request names, and nothing else', async () => {
    const { ask, audited } = open();
    const body = { destination: s3, format: 'ocsf', filter: { action: 'user.*' }, paused: true, reason: 'r' };
    const made = await ask(setDelivery, { body });
    expect((await ask(setDelivery, { body: {} })).json).toEqual(made.json);
    expect((await ask(setDelivery, { body })).json).toEqual(made.json);
    expect(audited).toHaveLength(1);
    const changed = await ask(setDelivery, { body: { format: 'json' } });
    const { filter, paused } = made.json;
    // The reason was that of another change.
    expect(changed.json).toMatchObject({ destination: s3, format: 'json', filter, paused, reason: null });
    expect((await ask(setDelivery, { body: { filter: null } })).json).toMatchObject({ filter: null, paused });
    expect((await ask(setDelivery, { id: 'other', body: {} })).json).toMatchObject({ path: '/destination' });
    const resumed = await ask(resumeDelivery, { body: { reason: 'again' } });
    expect(resumed.json).toMatchObject({ paused: false, reason: 'again' });
    expect((await ask(pauseDelivery)).json).toMatchObject({ paused: true, reason: null });
  });

  it('can be set again if what was sealed is gone, with the URL', async () => {
    const { ask, places, sealed } = open();
    await ask(setDelivery, { body: { destination: https } });
    for (const key of places.keys()) if (String(key).startsWith('delivery-secrets/')) places.delete(key);
    const without = await ask(setDelivery, {
      body: { destination: { type: 'https', secret: https.secret } },
    });
    expect(without).toMatchObject({ status: 400, json: { path: '/destination/url' } });
    expect((await ask(setDelivery, { body: { destination: https } })).status).toBe(200);
    expect((await sealed()).versions).toBe(1);
  });

  it('leave no secrets that nothing names, whatever becomes of a change', async () => {
    const { ask, world, sealed, audited } = open();
    await ask(setDelivery, { body: { destination: https } });
    const { selfAudit, secrets } = world;
    /** Somebody else makes a change between the reading of the delivery and the change of another. */
    const meanwhile = (work: () => Promise<unknown>): void => {
      secrets.put = async (...given) => {
        Reflect.deleteProperty(secrets, 'put');
        const version = await secrets.put(...given);
        await work();
        return version;
      };
    };
    const rotate = (n: number) =>
      ask(setDelivery, { body: { destination: { ...https, secret: `secret-0123456789-${n}` } } });
    meanwhile(() => ask(pauseDelivery));
    expect((await rotate(1)).json.code).toBe('changed_elsewhere');
    expect(await sealed()).toMatchObject({ versions: 2, secrets: { secrets: [https.secret] } });
    // The log can never hold the record.
    world.selfAudit = { record: async () => Promise.reject(new NotRecordable({})) } as never;
    await expect(rotate(2)).rejects.toThrow(NotRecordable);
    expect(await sealed()).toMatchObject({ versions: 3, secrets: { secrets: [https.secret] } });
    world.selfAudit = selfAudit;
    expect((await rotate(3)).status).toBe(200);
    expect(await sealed()).toMatchObject({
      versions: 1,
      secrets: { secrets: ['secret-0123456789-3', https.secret] },
    });
    meanwhile(() => ask(deleteDelivery));
    expect((await rotate(4)).json.code).toBe('changed_elsewhere');
    expect((await sealed()).versions).toBe(1);
    expect(audited.at(-1)!.action).toBe('delivery.delete');
  });

  it('let admins change, and support only look, test and pause', async () => {
    const { ask } = open();
    await ask(setDelivery, { body: { destination: s3 } });
    expect((await ask(setDelivery, { caller: support, body: { destination: s3 } })).status).toBe(403);
    expect((await ask(showDelivery, { caller: support })).status).toBe(200);
    expect((await ask(testDelivery, { caller: support })).status).toBe(200);
    expect((await ask(pauseDelivery, { caller: support })).json.code).toBe('reason_required');
    expect((await ask(pauseDelivery, { caller: support, body: { reason: 'ticket' } })).json.state).toBe(
      'paused',
    );
    for (const handle of [resumeDelivery, deleteDelivery, replayDelivery])
      expect((await ask(handle, { caller: support, body: {} })).status).toBe(403);
    expect((await ask(showDelivery, { caller: { ...admin, scopeId: 'other' } as Caller })).status).toBe(403);
    expect((await ask(resumeDelivery)).json).toMatchObject({ paused: false });
  });

  it('refuse an owner who is no admin, and record that', async () => {
    const { ask, audited } = open();
    const asked = { caller: operator, body: { destination: s3, requested_by: 'u-9' } };
    expect((await ask(setDelivery, asked)).json.code).toBe('not_an_admin');
    expect(audited).toMatchObject([{ action: 'delivery.create', success: false }]);
  });

  it('change no destination, give no deleted id again, and leave directories to the operator', async () => {
    const { ask } = open();
    await ask(setDelivery, { body: { destination: s3 } });
    const moved = await ask(setDelivery, { body: { destination: { ...s3, bucket: 'other-bucket' } } });
    expect(moved.json.code).toBe('destination_fixed');
    expect((await ask(deleteDelivery)).status).toBe(204);
    expect((await ask(showDelivery)).status).toBe(404);
    expect((await ask(setDelivery, { body: { destination: s3 } })).json.code).toBe('delivery_deleted');
    const directory = { id: 'd', body: { destination: { type: 'directory', path: 'acme' } } };
    expect((await ask(setDelivery, directory)).status).toBe(403);
    expect((await ask(setDelivery, { ...directory, caller: operator })).status).toBe(201);
  });

  it('say what a new one would begin with, make none in a dry run, and ask for a confirmation', async () => {
    const { ask, audited } = open();
    const old = { destination: s3, from: '2026-11-01' };
    const from = '2026-11-01T00:00:00.000000000Z';
    const backlog = { from, complete_to: from, rows: 3, bytes: 1200, at_least: false };
    const estimate = { dry_run: true, ...backlog, needs_confirmation: true };
    expect(await ask(setDelivery, { body: { ...old, dry_run: true } })).toMatchObject({
      status: 200,
      json: estimate,
    });
    expect(await ask(setDelivery, { body: old })).toMatchObject({
      status: 409,
      json: {
        code: 'confirmation_required',
        path: '/confirmed_from',
        ...backlog,
        detail: expect.stringContaining(
          'would begin with 3 events (1200 bytes) that were filed since 2026-11-01',
        ),
      },
    });
    const other = await ask(setDelivery, { body: { ...old, confirmed_from: '2026-11-02' } });
    expect(other.json.code).toBe('confirmation_required');
    expect((await ask(showDelivery)).status).toBe(404);
    expect(audited).toEqual([]);
    const confirmed = { ...old, confirmed_from: '2026-11-01T00:00:00Z' };
    expect(await ask(setDelivery, { body: confirmed })).toMatchObject({ status: 201, json: { from } });
    // It exists: a repeated request makes nothing, and needs no confirmation.
    expect((await ask(setDelivery, { body: old })).status).toBe(200);
    expect((await ask(setDelivery, { body: { ...old, dry_run: true } })).json.path).toBe('/dry_run');
  });

  it('measure the log of a scope for its admins alone', async () => {
    const { ask } = open();
    const body = { destination: s3, from: '2026-11-01', dry_run: true };
    expect((await ask(setDelivery, { caller: support, body })).status).toBe(403);
    const asked = { caller: operator, body: { ...body, requested_by: 'u-9' } };
    expect((await ask(setDelivery, asked)).json.code).toBe('not_an_admin');
  });

  it('test five times an hour, and tell a closed code alone', async () => {
    const { ask, tested, clock } = open();
    await ask(setDelivery, { body: { destination: s3 } });
    tested.push({ kind: 'failed', code: 'role_open', status: 200 });
    expect((await ask(testDelivery)).json).toEqual({
      ok: false,
      at: expect.any(String),
      code: 'role_open',
      status: 200,
      meaning: expect.any(String),
      cure: expect.any(String),
    });
    for (let n = 0; n < 4; n++) expect((await ask(testDelivery)).json.ok).toBe(true);
    expect((await ask(testDelivery)).json.code).toBe('too_many_tests');
    clock.ms += 3_600_000;
    expect((await ask(testDelivery)).json.ok).toBe(true);
  });

  it('send recorded runs again, and no others', async () => {
    const { ask, world } = open();
    await ask(setDelivery, { body: { destination: s3 } });
    const whose = { scopeId: 'acme', id: 'siem' };
    await world.work.begin(whose, { ...firstProgress('2026-11-26T10:00:00.000000000Z'), run: 3 });
    expect((await ask(replayDelivery, { body: { first_run: 2, last_run: 4 } })).json.path).toBe('/last_run');
    const replay = await ask(replayDelivery, { body: { first_run: 2, last_run: 3 } });
    expect(replay).toMatchObject({ status: 202, json: { first_run: 2, last_run: 3 } });
    expect((await world.deliveries.get('acme', 'siem'))!.replays).toEqual([replay.json]);
  });

  it('send runs again twenty times at most before some are done', async () => {
    const { ask, world } = open();
    await ask(setDelivery, { body: { destination: s3 } });
    const whose = { scopeId: 'acme', id: 'siem' };
    await world.work.begin(whose, { ...firstProgress('2026-11-26T10:00:00.000000000Z'), run: 1 });
    const replay = () => ask(replayDelivery, { body: { first_run: 1, last_run: 1 } });
    for (let n = 0; n < 20; n++) expect((await replay()).status).toBe(202);
    expect((await replay()).json.code).toBe('too_many_replays');
    const { progress, etag } = (await world.work.progress(whose))!;
    await world.work.put(whose, { ...progress, replays_done: 1 }, etag);
    expect((await replay()).status).toBe(202);
    expect((await replay()).json.code).toBe('too_many_replays');
  });
});
