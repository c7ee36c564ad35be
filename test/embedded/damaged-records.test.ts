import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitingNoticeKey } from '#domain/export/notice-layout.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { filesNothing, type Job, startServer } from '#test/support/server.ts';

type Server = Awaited<ReturnType<typeof startServer>>;

/** A running installation with an admin, a schedule and two exports, and what it logs. */
const open = async () => {
  const logged: Record<string, unknown>[] = [];
  const server = await startServer({
    tickMs: 50,
    log: (level, message, facts) => void logged.push({ level, message, ...facts }),
  });
  await server.post(eventText());
  const first = (await server.exportLog()).job.id;
  const second = (await server.exportLog()).job.id;
  await schedule(server, 'nightly');
  const state = join(server.data, 'buckets', 'state');
  const named = (path: string) =>
    expect(logged).toContainEqual(
      expect.objectContaining({ level: 'error', detail: expect.stringContaining(path) }),
    );
  return { ...server, first, second, state, named };
};

const schedule = ({ call }: Server, id: string) =>
  call('support', `/v1/scopes/acme/schedules/${id}`, {
    method: 'PUT',
    body: JSON.stringify({ every: 'daily', at: '06:00', time_zone: 'UTC', requested_by: 'u-1', reason: 'r' }),
  });

/** The files below a folder of the state. */
const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();

const damages = ['', '{"type":"as', 'garbage', 'null'];

describe('one damaged record', () => {
  it.each(damages)('of an export is one row that says so, and stops no other: %j', async text => {
    const { call, data, first, second, state, named, exportLog } = await open();
    const path = join(state, 'exports', first, '00000001.json');
    await writeFile(path, text);
    for (const query of ['?scope_id=acme', '?all_scopes=true']) {
      const listed = await call('operator', `/v1/exports${query}`);
      expect(listed.status).toBe(200);
      const { exports } = (await listed.json()) as { exports: Job[] };
      if (query === '?scope_id=acme')
        expect(exports.map(({ id, status }) => [id, status])).toEqual([
          [second, 'succeeded'],
          [first, 'unreadable'],
        ]);
    }
    named(`The record ${path} cannot be read`);
    const shown = await call('support', `/v1/exports/${first}`);
    expect(shown.status).toBe(500);
    expect(await shown.json()).toMatchObject({ code: 'record_unreadable' });
    expect((await exportLog()).job.status).toBe('succeeded');
    const table = await annals(['exports', '--scope', 'acme', '--data', data]);
    expect(table).toMatchObject({ code: 0, out: expect.stringMatching(new RegExp(`${first}.*unreadable`)) });
  });

  it('of an export that lacks an event is no other export, and does not hang', async () => {
    const { call, first, state } = await open();
    await rm(join(state, 'exports', first, '00000002.json'));
    expect((await call('support', `/v1/exports/${first}`)).status).toBe(500);
  });

  it('of an open export does not stop the others', async () => {
    const { state, exportLog, named } = await open();
    const id = '00000000-0000-4000-8000-000000000001';
    await writeFile(join(state, 'exports-open', id), '{}');
    await writeFile(await made(join(state, 'exports', id), '00000000.json'), '{');
    await eventually(() => named(join(state, 'exports', id, '00000000.json')));
    expect((await exportLog()).job.status).toBe('succeeded');
  });

  it.each(damages)(
    'of an admin is left out of the list and counted, and mended by the next change: %j',
    async text => {
      const { call, admin, data, state, named, request } = await open();
      const [path] = await filesIn(join(state, 'admins'));
      await admin('acme', 'u-2');
      await writeFile(path!, text);
      const listed = await call('operator', '/v1/scopes/acme/admins');
      expect(await listed.json()).toMatchObject({ admins: [{ user_id: 'u-2' }], unreadable: 1 });
      named(`The record ${path} cannot be read`);
      expect(await annals(['admin', 'list', '--scope', 'acme', '--data', data])).toMatchObject({
        code: 0,
        out: expect.stringContaining('u-2'),
        err: expect.stringContaining('1 more cannot be read'),
      });
      const question = { scope_id: 'acme', requested_by: 'u-1', reason: 'r' };
      expect((await request(question)).status).toBe(500);
      expect((await request({ ...question, requested_by: 'u-2' })).status).toBe(202);
      expect((await admin('acme', 'u-1')).status).toBe(200);
      expect((await request(question)).status).toBe(202);
    },
  );

  it('of an admin admits nobody, also after it was revoked', async () => {
    const { admin, state, request } = await open();
    const [path] = await filesIn(join(state, 'admins'));
    await writeFile(path!, '{"is_admin":true');
    expect((await admin('acme', 'u-1', 'DELETE')).status).toBe(204);
    expect(JSON.parse(await readFile(path!, 'utf8'))).toMatchObject({ is_admin: false, intent: null });
    expect((await request({ scope_id: 'acme', requested_by: 'u-1', reason: 'r' })).status).toBe(403);
  });

  it.each(damages)(
    'of a schedule is left out of the list and counted, and stops no other: %j',
    async text => {
      const server = await open();
      const { call, state, named } = server;
      const [path] = await filesIn(join(state, 'schedules'));
      await schedule(server, 'other');
      await writeFile(path!, text);
      const listed = await call('support', '/v1/scopes/acme/schedules');
      expect(await listed.json()).toMatchObject({ schedules: [{ id: 'other' }], unreadable: 1 });
      named(`The record ${path} cannot be read`);
      expect((await call('support', '/v1/scopes/acme/schedules/nightly')).status).toBe(500);
      const run = await call('support', '/v1/scopes/acme/schedules/other/runs', { method: 'POST' });
      expect(run.status).toBe(202);
      await server.finished(((await run.json()) as { export_id: string }).export_id);
    },
  );

  it("of a schedule's run is one row among its runs, and does not stop the next run", async () => {
    const { call, state, finished } = await open();
    const runNow = async () => {
      const run = await call('support', '/v1/scopes/acme/schedules/nightly/runs', { method: 'POST' });
      return ((await run.json()) as { export_id: string }).export_id;
    };
    const first = await runNow();
    await finished(first);
    await writeFile(join(state, 'exports', first, '00000000.json'), '');
    const second = await runNow();
    await finished(second);
    const { runs } = (await (await call('support', '/v1/scopes/acme/schedules/nightly/runs')).json()) as {
      runs: { export_id: string; status: string }[];
    };
    expect(runs.map(({ export_id, status }) => [export_id, status])).toEqual([
      [second, 'succeeded'],
      [first, 'unreadable'],
    ]);
  });

  it("of a schedule's next time does not keep it from running", async () => {
    const { state, call } = await open();
    await eventually(async () => expect(await filesIn(join(state, 'schedules-due'))).toHaveLength(1));
    const [path] = await filesIn(join(state, 'schedules-due'));
    // It is due now, and its content is damaged.
    const [scope, id] = path!.split('/').slice(-2);
    await rm(path!);
    await writeFile(
      await made(join(state, 'schedules-due', '2026-01-01T00:00:00.000000000Z', scope!), id!),
      'garbage',
    );
    await eventually(async () => expect(await filesIn(join(state, 'schedules-due'))).toEqual([path]));
    expect((await call('support', '/v1/scopes/acme/schedules/nightly')).status).toBe(200);
  });

  it('of a notice is counted, and can be dismissed', async () => {
    const { call, state, named } = await open();
    const id = '00000000-0000-4000-8000-000000000001';
    const path = join(state, waitingNoticeKey(id));
    await writeFile(await made(dirname(path), basename(path)), '{');
    expect(await (await call('operator', '/v1/notices')).json()).toMatchObject({
      notices: [],
      unreadable: 1,
    });
    named(`The record ${path} cannot be read`);
    const act = (verb: string) =>
      call('operator', `/v1/notices/${id}/${verb}`, { method: 'POST', body: '{"reason":"r"}' });
    expect((await act('retry')).status).toBe(500);
    expect((await act('dismiss')).status).toBe(204);
    expect(await (await call('operator', '/v1/notices')).json()).toEqual({ notices: [], cursor: null });
  });

  it('of the headers of a file does not keep it from being downloaded', async () => {
    const { data, first, download } = await open();
    for (const path of await filesIn(join(data, 'buckets', '.headers'))) await writeFile(path, '{"Cont');
    expect(await download(first)).toContain('context.create');
  });

  it.each(damages)('of a manifest is said to be that: %j', async text => {
    const { data, first, call } = await open();
    const path = join(data, 'buckets', 'results', 'exports', first, '0', 'manifest.json');
    await writeFile(path, text);
    const shown = await call('support', `/v1/exports/${first}/manifest`);
    expect(await shown.json()).toMatchObject({ status: 500, code: 'record_unreadable' });
  });
});

describe('indexes whose entries are gone', () => {
  it('have them again after a start: schedules are due, and open exports advance', async () => {
    const first = await startServer(filesNothing);
    await first.admin('acme', 'u-1');
    const asked = await first.request({ scope_id: 'acme', requested_by: 'u-1', reason: 'r' });
    const { id } = (await asked.json()) as Job;
    expect((await schedule(first, 'nightly')).status).toBe(201);
    await first.stop();
    const state = join(first.data, 'buckets', 'state');
    const due = await filesIn(join(state, 'schedules-due'));
    for (const path of [...due, ...(await filesIn(join(state, 'exports-open')))]) await rm(path);
    const second = await startServer({ data: first.data });
    await eventually(async () => expect(await filesIn(join(state, 'schedules-due'))).toEqual([due.at(-1)]));
    expect((await second.finished(id)).status).toBe('succeeded');
  });
});

/** A file in a folder that is made for it. */
const made = async (folder: string, name: string): Promise<string> => {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(folder, { recursive: true });
  return join(folder, name);
};
