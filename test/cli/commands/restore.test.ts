import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { addLoginLink, LoginLinks } from '#embedded/access/login-links.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { filesNothing, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const folders = async () => {
  const root = await temporaryDirectory();
  return { backups: join(root, 'backups'), restored: join(root, 'restored') };
};
const backUp = async (backups: string, data: string) => {
  const made = await annals(['backup', backups, '--data', data]);
  expect(made.code, made.err).toBe(0);
};
const restore = async (backups: string, restored: string) => {
  const told = await annals(['restore', backups, restored]);
  expect(told.code, told.err).toBe(0);
  return told.out;
};

/** The ids of all events in the files of deliveries. */
const deliveredIds = async (data: string): Promise<string[]> => {
  const files = await readdir(join(data, 'deliveries'), { recursive: true }).catch(() => []);
  const texts = files
    .filter(file => file.endsWith('.ndjson.gz'))
    .map(async file => gunzipSync(await readFile(join(data, 'deliveries', file))).toString());
  return (await Promise.all(texts)).flatMap(text =>
    text
      .trimEnd()
      .split('\n')
      .map(line => (JSON.parse(line) as { id: string }).id),
  );
};

describe('annals restore', () => {
  it('refuses a folder that is not empty, and what is not a folder of backups', async () => {
    const { backups, restored } = await folders();
    const server = await startServer(filesNothing);
    await backUp(backups, server.data);
    await mkdir(restored);
    await writeFile(join(restored, 'mine'), 'x');
    const told = await annals(['restore', backups, restored]);
    expect([told.code, told.err]).toEqual([2, expect.stringContaining('is not empty')]);
    expect(await readdir(restored)).toEqual(['mine']);
    expect(await annals(['restore', restored, join(restored, 'new')])).toMatchObject({ code: 2 });
    expect(await annals(['restore', backups, server.data])).toMatchObject({ code: 2 });
    expect(await annals(['restore', backups, `${restored}-2`, '--backup', 'x'])).toMatchObject({ code: 2 });
  });

  it('says up to when the copy is complete, and exports report what is missing until it is dismissed', async () => {
    const { backups, restored } = await folders();
    const server = await startServer();
    await server.post(eventText());
    await server.exportLog();
    await backUp(backups, server.data);
    await server.post(eventText());
    await server.stop();
    expect(await restore(backups, restored)).toMatch(/acknowledged before \d{4}-.* UTC/);
    const again = await startServer({ data: restored });
    const { whole, rows } = await again.exportLog();
    expect([rows.length, whole.gaps]).toEqual([1, 1]);
    const health = (await (await again.call(undefined, '/healthz')).json()) as Api<'Health'>;
    expect(health.problems?.map(({ code }) => code)).toContain('open_gaps');
    const gaps = JSON.parse((await annals(['gaps', '--data', restored, '--json'])).out) as { id: string }[];
    expect(JSON.stringify(gaps)).toContain('was restored from the backup');
    const dismissed = await annals([
      ...['gaps', 'dismiss', gaps[0]!.id, '--data', restored],
      ...['--reason', 'senders have sent it again'],
    ]);
    expect(dismissed.code, dismissed.err).toBe(0);
    await again.post(eventText());
    await eventually(async () => expect((await again.exportLog()).whole.gaps).toBe(0));
  });

  it('ends exports that were open, and a run of a schedule that the copy lacks is the same run again', async () => {
    const { backups, restored } = await folders();
    const first = await startServer();
    await first.admin('acme', 'u-1');
    await first.post(eventText({ scope: { id: 'acme', type: 'account' } }));
    const path = '/v1/scopes/acme/schedules/weekly';
    const schedule = {
      ...{ every: 'weekly', on: 'monday', at: '06:00', time_zone: 'UTC', requested_by: 'u-1' },
      reason: 'test',
    };
    const put = { method: 'PUT', body: JSON.stringify(schedule) };
    expect((await first.call('support', path, put)).status).toBeLessThan(300);
    await first.stop();
    const waiting = await startServer({ data: first.data, ...filesNothing });
    const asked = (await (
      await waiting.ask({ scope_id: 'acme', requested_by: 'u-1', reason: 'open' })
    ).json()) as { id: string };
    await backUp(backups, waiting.data);
    await waiting.stop();
    const runNow = async (server: Awaited<ReturnType<typeof startServer>>) => {
      const answer = await server.call('support', `${path}/runs`, { method: 'POST', body: '{}' });
      expect(answer.status).toBeLessThan(300);
      return (await answer.json()) as { export_id: string };
    };
    const lost = await startServer({ data: first.data });
    const before = await lost.finished((await runNow(lost)).export_id);
    await lost.stop();
    await restore(backups, restored);
    const again = await startServer({ data: restored });
    expect(await again.finished(asked.id)).toMatchObject({ status: 'succeeded', rows: expect.any(Number) });
    const after = await again.finished((await runNow(again)).export_id);
    expect(after.id).toBe(before.id);
    expect(after).toMatchObject({ status: 'succeeded' });
  });

  it('goes on with deliveries: their files are the log, none is doubled, and secrets can be read', async () => {
    const { backups, restored } = await folders();
    const first = await startServer();
    const path = '/v1/scopes/acme/deliveries/archive';
    const directory = { destination: { type: 'directory', path: 'acme' } };
    await first.call('operator', path, { method: 'PUT', body: JSON.stringify(directory) });
    await first.call('operator', `${path}/test`, { method: 'POST' });
    const secret = `whsec_${'A'.repeat(32)}`;
    const https = { destination: { type: 'https', url: 'https://a.example/', secret } };
    await first.admin('acme', 'u-1');
    const hook = { ...https, requested_by: 'u-1', reason: 'r' };
    const made = await first.call('operator', '/v1/scopes/acme/deliveries/hook', {
      method: 'PUT',
      body: JSON.stringify(hook),
    });
    expect(made.status, await made.clone().text()).toBe(201);
    const sendAndAwait = async (server: typeof first, data: string): Promise<string> => {
      const { events } = await server.post(eventText({ id: undefined }));
      const { id } = events[0]!;
      await eventually(async () => expect(await deliveredIds(data)).toContain(id));
      return id;
    };
    const before = await sendAndAwait(first, first.data);
    await backUp(backups, first.data);
    await sendAndAwait(first, first.data);
    await first.stop();
    await restore(backups, restored);
    for (const name of ['delivery-key', 'keys.json'])
      expect((await stat(join(restored, name))).mode & 0o777, name).toBe(0o600);
    const key = (data: string) => readFile(join(data, 'delivery-key'));
    expect(await key(restored)).toEqual(await key(first.data));
    const again = await startServer({ data: restored });
    const after = await sendAndAwait(again, restored);
    const ids = await deliveredIds(restored);
    expect(ids).toEqual(expect.arrayContaining([before, after]));
    expect(new Set(ids).size).toBe(ids.length);
    const { rows } = await again.exportLog();
    const own = rows.filter(({ action, scope }) => action === 'context.create' && scope.includes('acme'));
    for (const row of own) expect(ids).toContain(row.id);
    const shown = (await (await again.call('operator', path)).json()) as { state: string };
    expect(shown.state).toBe('active');
    // What is not given stays, so this reads the sealed secret with the key.
    const destination = { ...https.destination, secret: undefined, headers: { 'x-a': 'b' } };
    const renewed = { ...hook, destination };
    const changed = await again.call('operator', '/v1/scopes/acme/deliveries/hook', {
      method: 'PUT',
      body: JSON.stringify(renewed),
    });
    expect(changed.status, await changed.clone().text()).toBeLessThan(300);
  });

  it('gives no login link, lease, lock or unfinished file another life', async () => {
    const { backups, restored } = await folders();
    const server = await startServer();
    const folder = { root: server.data, temporary: join(server.data, 'tmp') };
    const { secret } = await addLoginLink(folder, { role: 'operator', userId: 'ada' }, Date.now());
    await mkdir(join(server.data, 'buckets', 'results', 'leases'), { recursive: true });
    await writeFile(join(server.data, 'buckets', 'results', 'leases', 'x.json'), '{"until":9e15}');
    await backUp(backups, server.data);
    await restore(backups, restored);
    expect(await new LoginLinks(restored, Date.now).find(secret)).toBeUndefined();
    expect(await new LoginLinks(server.data, Date.now).find(secret)).toBeDefined();
    const all = await readdir(restored, { recursive: true });
    for (const name of ['server.json', 'lock', 'tmp', 'login-links', 'buckets/results/leases', 'restoring'])
      expect(all, name).not.toContain(name);
  });

  it('files what waited in the copy, however old it is', async () => {
    const { backups, restored } = await folders();
    const server = await startServer(filesNothing);
    await server.post(eventText());
    await backUp(backups, server.data);
    await server.stop();
    await restore(backups, restored);
    // Longer than the event source tries to file a record.
    const ahead = 30 * 24 * 3_600_000;
    const again = await startServer({
      data: restored,
      eventSource: { nowMs: () => Date.now() + ahead },
    });
    expect((await again.exportLog()).rows).toHaveLength(1);
  });
});
