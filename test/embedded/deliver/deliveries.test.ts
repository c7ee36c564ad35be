import { readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Role } from '#embedded/access/keys.ts';
import { atMostEvery, gatherEveryMsOf } from '#embedded/deliver/deliveries.ts';
import { eventText } from '#test/support/builders.ts';
import { startPrivateReceiver } from '#test/support/https-receiver.ts';
import { launchInstallation } from '#test/support/installation-process.ts';
import { callers, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const filesBelow = async (root: string): Promise<string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []))
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));

/** The lines of all files in the directories of deliveries. */
const deliveredTo = async (data: string): Promise<string[]> => {
  const files = await filesBelow(join(data, 'deliveries'));
  const texts = files
    .filter(file => file.endsWith('.ndjson.gz'))
    .map(async file => gunzipSync(await readFile(file)).toString());
  return (await Promise.all(texts)).flatMap(text => text.trimEnd().split('\n'));
};

describe('an embedded installation', () => {
  it('delivers what it acknowledges into a directory, each event in one file', async () => {
    const { call, post, data } = await startServer();
    const path = '/v1/scopes/acme/deliveries/archive';
    const body = JSON.stringify({ destination: { type: 'directory', path: 'acme' } });
    const made = await call('operator', path, { method: 'PUT', body });
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ state: 'pending' });
    const test = await call('operator', `${path}/test`, { method: 'POST' });
    expect(await test.json()).toMatchObject({ ok: true });
    const { events } = await post(`[${eventText({ id: undefined })},${eventText({ id: undefined })}]`);
    const ids = await vi.waitFor(
      async () => {
        const files = await filesBelow(join(data, 'deliveries'));
        const found = (await deliveredTo(data)).map(line => (JSON.parse(line) as { id: string }).id);
        for (const { id } of events) expect(found.filter(each => each === id)).toHaveLength(1);
        expect(files.some(file => file.endsWith('-manifest.json'))).toBe(true);
        return found;
      },
      { timeout: 20_000, interval: 50 },
    );
    expect(new Set(ids).size).toBe(ids.length);
    const shown = (await (await call('operator', path)).json()) as {
      state: string;
      health: { runs: number };
    };
    expect(shown.state).toBe('active');
    expect(shown.health.runs).toBeGreaterThan(0);
  });
});

describe('a delivery of what happens to deliveries', () => {
  it('tells of every other one of its scope: that it was made, and that it has stopped', async () => {
    const { call, post, data } = await startServer();
    const into = async (id: string, filter?: { action: string[] }): Promise<void> => {
      const path = `/v1/scopes/acme/deliveries/${id}`;
      const body = JSON.stringify({ destination: { type: 'directory', path: id }, filter });
      expect((await call('operator', path, { method: 'PUT', body })).status).toBe(201);
      const tested = await call('operator', `${path}/test`, { method: 'POST' });
      expect(await tested.json()).toMatchObject({ ok: true });
    };
    await into('told', { action: ['audit_log.delivery.*'] });
    await into('archive');
    const directory = join(data, 'deliveries', 'archive');
    await rm(directory, { recursive: true });
    await symlink(await temporaryDirectory(), directory);
    await post(`[${eventText({ id: undefined })}]`);
    const told = async (): Promise<unknown[]> => {
      const lines = await deliveredTo(data);
      return lines.map(line => {
        const { action, target } = JSON.parse(line) as { action: string; target: { id: string } };
        return [action, target.id];
      });
    };
    await vi.waitFor(
      async () => expect(await told()).toContainEqual(['audit_log.delivery.stop', 'archive']),
      { timeout: 60_000, interval: 50 },
    );
    expect((await told()).sort()).toEqual([
      ['audit_log.delivery.create', 'archive'],
      ['audit_log.delivery.create', 'told'],
      ['audit_log.delivery.stop', 'archive'],
    ]);
  });
});

describe('looks for work', () => {
  it('begin at once, then once in each pause, and no longer after the end', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    let looks = 0;
    const ending = new AbortController();
    const wake = atMostEvery(500, ending.signal, async () => void looks++);
    for (let n = 0; n < 3; n++) wake();
    vi.advanceTimersByTime(0);
    expect(looks).toBe(1);
    for (let n = 0; n < 3; n++) wake();
    vi.advanceTimersByTime(499);
    expect(looks).toBe(1);
    vi.advanceTimersByTime(1);
    expect(looks).toBe(2);
    // Nobody has asked again.
    vi.advanceTimersByTime(60_000);
    expect(looks).toBe(2);
    wake();
    ending.abort();
    wake();
    vi.advanceTimersByTime(60_000);
    expect(looks).toBe(2);
  });

  it('come within half of a window, unless that is short', () => {
    expect([10_000, 2000, 1999, 10].map(gatherEveryMsOf)).toEqual([5000, 1000, undefined, undefined]);
  });
});

const path = '/v1/scopes/acme/deliveries/siem';

/** Sets a delivery to a URL, and returns what its test says. */
const testOf = async ({ admin, call }: ReturnType<typeof callers>, url: string): Promise<unknown> => {
  await admin('acme', 'u-1');
  const body = JSON.stringify({ destination: { type: 'https', url }, requested_by: 'u-1' });
  expect((await call('operator', path, { method: 'PUT', body })).status).toBe(201);
  return (await call('operator', `${path}/test`, { method: 'POST' })).json();
};

describe('a receiver in the network of the operator', () => {
  it('gets a delivery once its network, its port and its authority are allowed', async () => {
    const { port, got, url, root } = await startPrivateReceiver();
    const data = await temporaryDirectory();
    const flags = ['--delivery-networks', '10.0.0.0/8,127.0.0.0/8', '--delivery-ports', String(port)];
    const started = await launchInstallation(data, 0, { flags, environment: { NODE_EXTRA_CA_CERTS: root } });
    const keys = JSON.parse(await readFile(join(data, 'keys.json'), 'utf8')) as Record<Role, string>;
    const server = callers(started.url, keys);
    expect(await testOf(server, url)).toMatchObject({ ok: true });
    const { events } = await server.post(`[${eventText({ id: undefined })}]`);
    await vi.waitFor(
      () => expect(got.flatMap(({ text }) => text)).toContainEqual(expect.stringContaining(events[0]!.id)),
      { timeout: 60_000, interval: 50 },
    );
  });

  it('holds up no other delivery while it hangs', async () => {
    const hanging: (() => void)[] = [];
    const { port, url, root } = await startPrivateReceiver(({ headers }, response) => {
      if (headers['annals-kind'] === 'test') response.end();
      else hanging.push(() => response.end());
    });
    const data = await temporaryDirectory();
    const flags = ['--delivery-networks', '127.0.0.0/8', '--delivery-ports', String(port), '--window', '1'];
    const started = await launchInstallation(data, 0, { flags, environment: { NODE_EXTRA_CA_CERTS: root } });
    const keys = JSON.parse(await readFile(join(data, 'keys.json'), 'utf8')) as Record<Role, string>;
    const server = callers(started.url, keys);
    expect(await testOf(server, url)).toMatchObject({ ok: true });
    const other = '/v1/scopes/acme/deliveries/archive';
    const body = JSON.stringify({ destination: { type: 'directory', path: 'acme' } });
    expect((await server.call('operator', other, { method: 'PUT', body })).status).toBe(201);
    await server.call('operator', `${other}/test`, { method: 'POST' });
    await server.post(`[${eventText({ id: undefined })}]`);
    await vi.waitUntil(() => hanging.length > 0, { timeout: 60_000, interval: 20 });
    // It still hangs when this is there: nothing ends the request before.
    const { events } = await server.post(`[${eventText({ id: undefined })}]`);
    await vi.waitFor(
      async () => expect(await deliveredTo(data)).toContainEqual(expect.stringContaining(events[0]!.id)),
      { timeout: 60_000, interval: 20 },
    );
    const shown = await (await server.call('operator', path)).json();
    expect(shown).toMatchObject({ state: 'active', health: { errors: [], runs: 0 } });
    hanging[0]!();
  });

  it('gets nothing without one of the three', async () => {
    const { port, got, url } = await startPrivateReceiver();
    const refused = async (targets: { networks: string[]; ports: number[] } | undefined) =>
      testOf(await startServer({ deliveryTargets: targets }), url);
    expect(await refused(undefined)).toMatchObject({ ok: false, code: 'address_not_allowed' });
    expect(await refused({ networks: ['127.0.0.0/8'], ports: [] })).toMatchObject({
      code: 'address_not_allowed',
    });
    expect(await refused({ networks: [], ports: [port] })).toMatchObject({ code: 'address_not_allowed' });
    expect(await refused({ networks: ['127.0.0.0/8'], ports: [port] })).toMatchObject({
      code: 'certificate_not_trusted',
    });
    expect(got).toEqual([]);
  });
});
