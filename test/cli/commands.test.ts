import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bucketName, bucketOf, partitionKey } from '#domain/archive/bucket.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { parseCsv, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const acme = bucketOf('acme', 32);

describe('annals demo', () => {
  it('ends with 0 and a CSV that holds exactly what it should', async () => {
    const directory = await temporaryDirectory();
    const out = join(directory, 'log.csv');
    const {
      code,
      out: printed,
      err,
    } = await annals(['demo', '--json', '--out', out], '', { TMPDIR: directory });
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(printed)).toMatchObject({
      rows: 295,
      duplicates: 282,
      conflicts: 1,
      reused_ids: 1,
      refused: 8,
    });
    const rows = parseCsv(readFileSync(out, 'utf8'));
    const actions = new Set(rows.map(({ action }) => action));
    expect([...actions].filter(action => !action.startsWith('audit_log.'))).toHaveLength(14);
    expect(readdirSync(directory).filter(name => name.startsWith('annals'))).toEqual([]);
  });

  it('runs over events of anyone', async () => {
    const directory = await temporaryDirectory();
    const events = join(directory, 'events.ndjson');
    const own = [1, 2, 3].map(
      n =>
        `{"payload":{"n":1.${n}0},"action":"a.b","success":true,"actor":{"id":"1","type":"t"},"target":{"id":"2","type":"t"},"scope":{"id":"mine","type":"t"}}`,
    );
    writeFileSync(events, `${[...own, eventText(), '{"action":1}', 'nonsense'].join('\n')}\n`);
    const { code, out } = await annals(
      ['demo', '--json', '--events', events, '--scope', 'mine', '--out', join(directory, 'log.csv')],
      '',
      { TMPDIR: directory },
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      rows: 3,
      duplicates: 0,
      refused: 2,
      refusals: { invalid_type: 1, invalid_json: 1 },
    });
    const rows = parseCsv(readFileSync(join(directory, 'log.csv'), 'utf8'));
    expect(rows.filter(({ action }) => action === 'a.b').map(({ payload }) => payload)).toEqual([
      '{"n":1.10}',
      '{"n":1.20}',
      '{"n":1.30}',
    ]);
  });

  it('is misused without a scope for the events', async () => {
    expect(await annals(['demo', '--events', 'x'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--scope'),
    });
  });
});

describe('annals send and export', () => {
  it('send what a file holds, and bring it back', async () => {
    const { data } = await startServer();
    const directory = await temporaryDirectory();
    const file = join(directory, 'events.ndjson');
    const granted = await annals(['admin', 'grant', '--scope', 'acme', '--user', 'u', '--data', data]);
    expect(granted).toMatchObject({ code: 0, out: expect.stringContaining('u is an admin of acme') });
    const ids = Array.from(
      { length: 1201 },
      (_, n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    );
    writeFileSync(file, `\n${ids.map(id => eventText({ id })).join('\n\n')}\n`);
    for (const _ of [1, 2])
      expect(await annals(['send', file, '--data', data, '--json'])).toMatchObject({
        code: 0,
        out: '{"accepted":1201,"refused":[]}\n',
      });
    const out = join(directory, 'log.csv');
    const exported = await annals([
      'export',
      '--data',
      data,
      '--scope',
      'acme',
      '--requested-by',
      'u',
      '--reason',
      'r',
      '--out',
      out,
      '--json',
    ]);
    expect(exported.code).toBe(0);
    expect(JSON.parse(exported.out)).toMatchObject({
      status: 'succeeded',
      rows: 1203,
      duplicates: 1201,
      out,
    });
    const rows = parseCsv(readFileSync(out, 'utf8'));
    expect(rows.slice(0, -2).map(({ id }) => id)).toEqual(ids);
    expect(rows.slice(-2).map(({ action }) => action)).toEqual([
      'audit_log.admin.grant',
      'audit_log.export.request',
    ]);
    const listed = await annals(['exports', '--data', data, '--json', '--scope', 'acme']);
    expect(JSON.parse(listed.out)).toMatchObject([
      { status: 'succeeded', rows: 1203, requested_by: 'u', reason: 'r' },
    ]);
    expect((await annals(['exports', '--data', data])).out).toContain('succeeded');
    const question = ['--scope', 'acme', '--requested-by', 'u', '--reason', 'r'];
    const piped = await annals(['export', '--data', data, ...question, '--out', '-', '--json']);
    expect(piped.out.startsWith(readFileSync(out, 'utf8'))).toBe(true);
  });

  it('say which lines were refused, and end with 1', async () => {
    const { data } = await startServer();
    const { code, out } = await annals(
      ['send', '-', '--data', data, '--json'],
      `${eventText()}\n\n{"a":1}\n${eventText({ success: 1 })}`,
    );
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      accepted: 1,
      refused: [
        { line: 3, code: 'unknown_member', path: '/a' },
        { line: 4, code: 'invalid_type', path: '/success' },
      ],
    });
  });

  it('say how many events are of actions that are not catalogued', async () => {
    const { data } = await startServer();
    const lines = `${eventText()}\n${eventText({ action: 'order.refund' })}`;
    const sent = await annals(['send', '-', '--data', data], lines);
    expect(sent).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 event with actions that are not catalogued'),
    });
    const { out } = await annals(['send', '-', '--data', data, '--json'], lines);
    expect(JSON.parse(out)).toEqual({ accepted: 2, refused: [], uncatalogued: 1 });
  });

  it('go on past a line that no request can hold', async () => {
    const { data } = await startServer();
    const long = eventText({ payload: { x: 'x'.repeat(5_000_000) } });
    const { code, out } = await annals(
      ['send', '-', '--data', data, '--json'],
      `${eventText()}\n${long}\n${eventText()}`,
    );
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ accepted: 2, refused: [{ line: 2, code: 'body_too_large' }] });
  });

  it.each([
    ['a refused export', ['export', '--scope', 'acme', '--requested-by', 'u'], 1, 'reason_required'],
    [
      'an empty window',
      [
        'export',
        '--scope',
        'a',
        '--requested-by',
        'u',
        '--reason',
        'r',
        '--from',
        '2026-01-01',
        '--to',
        '2026-01-01',
      ],
      1,
      'empty_window',
    ],
    ['an unknown option', ['export', '--bogus'], 2, 'unknown option'],
    ['an unknown command', ['bogus'], 2, 'unknown command'],
    ['no file', ['send'], 2, 'missing required argument'],
    ['a file that is not there', ['send', '/nowhere'], 2, 'cannot be read'],
    ['a token that nobody has', ['exports', '--token', 'x'], 1, 'unauthorized'],
    ['no server', ['exports', '--url', 'http://127.0.0.1:1'], 3, 'is the server running?'],
  ])('end with their code for %s', async (_, args, code, message) => {
    const { data } = await startServer();
    expect(await annals([...args], '', { ANNALS_DATA: data })).toMatchObject({
      code,
      err: expect.stringContaining(message),
    });
  });

  it('say where no server runs what to do', async () => {
    const directory = await temporaryDirectory();
    expect(await annals(['exports', '--data', directory])).toMatchObject({
      code: 3,
      err: expect.stringContaining('start one with "npm start"'),
    });
    expect(existsSync(join(directory, 'lock'))).toBe(false);
  });

  it('have help with an example', async () => {
    for (const command of ['start', 'send', 'export', 'exports', 'demo'])
      expect(await annals([command, '--help'])).toMatchObject({
        code: 0,
        out: expect.stringContaining(`$ annals ${command}`),
      });
  });
});

describe('annals catalogue current', () => {
  it('prints the bytes that came, and ends a line at 0x0A alone', async () => {
    const file = join(await temporaryDirectory(), 'events.ndjson');
    const bytes = Buffer.from(
      `\ufeff${eventText({ payload: { a: '\u2028\u2029\u0085', b: 'X' } })}\r\n\n{"action":"a.b",\r"n":1.10}`,
    );
    bytes[bytes.indexOf('X')] = 0xff;
    writeFileSync(file, bytes);
    const out = join(await temporaryDirectory(), 'out');
    const command = join(import.meta.dirname, '..', '..', 'cli', 'annals.js');
    execFileSync('sh', ['-c', `"${process.execPath}" "${command}" catalogue current "${file}" > "${out}"`]);
    const expected = bytes.toString('latin1').replace('\n\n', '\n');
    expect(readFileSync(out, 'latin1')).toBe(`${expected}\n`);
  });
});

describe('annals gaps', () => {
  it('lists what could not be filed, puts it back, and dismisses it', async () => {
    const { data, exportLog } = await startServer({ tickMs: 200 });
    const state = join(data, 'buckets', 'state');
    const putAside = (name: string, content: object) => {
      const path = join(state, 'quarantine', `bucket=${bucketName(acme)}`);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, name), JSON.stringify(content));
      return `quarantine/bucket=${bucketName(acme)}/${name}`;
    };
    const at = '2026-11-23T12:00:00.000000000Z';
    const record = { reason: 'The pack is not UTF-8', shard: 's', sequence: '1', arrival: at, line: null };
    const heartbeat = { ...record, partition_key: partitionKey(acme), data: 'Cg==' };
    const mended = putAside(`${at}-s@x-1-1.json`, heartbeat);
    const foreign = putAside(`${at}-s@x-1-2.json`, { ...record, partition_key: 'x', data: 'eA==' });
    expect((await exportLog()).job.gaps).toBe(2);

    const listed = await annals(['gaps', '--data', data]);
    expect(listed.code).toBe(0);
    expect(listed.out).toContain(mended);
    expect(listed.out).toContain('The pack is not UTF-8');
    expect(await annals(['gaps', '--data', data, 'redrive', mended])).toMatchObject({
      code: 0,
      out: 'Filed 1 record; the gap is closed\n',
    });
    const refused = await annals(['gaps', 'redrive', foreign, '--data', data]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('dismiss it with a reason');
    expect(await annals(['gaps', 'dismiss', foreign, '--data', data])).toMatchObject({ code: 2 });
    const dismissed = await annals([
      'gaps',
      'dismiss',
      foreign,
      '--reason',
      'not ours',
      '--data',
      data,
      '--json',
    ]);
    expect(JSON.parse(dismissed.out)).toMatchObject({
      how: 'dismissed',
      reason: 'not ours',
      by: expect.stringContaining('operator'),
    });
    expect(await annals(['gaps', '--data', data])).toMatchObject({
      code: 0,
      out: 'No gaps\n',
    });
    expect((await exportLog()).job.gaps).toBe(0);
  });
});

describe('annals admin, schedule and export', () => {
  it('says whether a revocation revoked anything, and which schedules pause because of it', async () => {
    const { data } = await startServer();
    const run = (...args: string[]) => annals([...args, '--scope', 'acme', '--data', data]);
    expect((await run('admin', 'grant', '--user', 'u-17')).out).toMatch(/granted at \d{4}-.*:\d\d UTC\n$/);
    for (const [id, ...flags] of [['weekly'], ['sleeping', '--paused']] as const)
      await run(
        'schedule',
        'set',
        id,
        '--every',
        'daily',
        '--at',
        '06:00',
        '--requested-by',
        'u-17',
        '--reason',
        'r',
        ...flags,
      );
    expect(await run('admin', 'revoke', '--user', 'u-17')).toMatchObject({
      code: 0,
      out: 'u-17 is no longer an admin of acme\n1 schedule of u-17 will pause instead of running: weekly\n',
    });
    expect(await run('admin', 'revoke', '--user', 'u-18')).toMatchObject({
      code: 0,
      out: 'u-18 was not an admin of acme; nothing was revoked\n',
    });
    const again = await run('admin', 'revoke', '--user', 'u-17', '--json');
    expect(JSON.parse(again.out)).toEqual({
      scope_id: 'acme',
      user_id: 'u-17',
      revoked: false,
      pausing_schedules: ['weekly'],
    });
  });

  it('walk the whole path of support: grant, refusal, export, show, download, and what the log says of it', async () => {
    const { data, post } = await startServer();
    await post(eventText());
    const run = (...args: string[]) => annals([...args, '--data', data]);
    const question = ['export', '--scope', 'acme', '--reason', 'ticket 8841'];
    const refused = await run(...question, '--requested-by', 'u-17');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(
      'The user "u-17" is not known as an admin of the scope; the operator can grant it: annals admin grant (not_an_admin)',
    );
    expect((await run('admin', 'grant', '--scope', 'acme', '--user', 'u-17')).code).toBe(0);
    expect((await run('admin', 'list', '--scope', 'acme')).out).toContain('u-17');

    const preview = await run(...question, '--requested-by', 'u-17', '--dry-run', '--json');
    expect(JSON.parse(preview.out)).toMatchObject({ dry_run: true, slices: 1 });
    expect((await run('exports', '--scope', 'acme', '--json')).out).toBe('[]\n');
    const out = join(await temporaryDirectory(), 'log.csv.gz');
    const exported = await run(...question, '--requested-by', 'u-17', '--gzip', '--out', out, '--json');
    const { id } = JSON.parse(exported.out) as { id: string };
    expect(JSON.parse((await run('export', 'show', id, '--json')).out)).toMatchObject({
      status: 'succeeded',
      compression: 'gzip',
    });
    expect((await run('export', 'show', id)).out).toContain('ticket 8841');
    const link = (await run('export', 'link', id)).out.trim();
    expect(Buffer.from(await (await fetch(link)).arrayBuffer())).toEqual(readFileSync(out));
    const again = `${out}.again`;
    expect((await run('export', 'download', id, '--out', again)).code).toBe(0);
    expect(readFileSync(again)).toEqual(readFileSync(out));
    const retried = await run('export', 'retry', id);
    expect(retried.code).toBe(1);
    expect(retried.err).toContain('only one that failed can be retried');
    const rows = parseCsv(gunzipSync(readFileSync(again)).toString());
    expect(rows.map(({ action, success }) => [action, success])).toEqual([
      ['context.create', 'true'],
      ['audit_log.export.request', 'false'],
      ['audit_log.admin.grant', 'true'],
      ['audit_log.export.request', 'true'],
    ]);
    expect((await run('admin', 'revoke', '--scope', 'acme', '--user', 'u-17')).code).toBe(0);
    expect((await run('admin', 'list', '--scope', 'acme')).out).toContain('has no admins');
  });

  it("make a customer's token that the server knows, and refuse what it cannot", async () => {
    const { data, url } = await startServer();
    await annals(['admin', 'grant', '--scope', 'acme', '--user', 'u-17', '--data', data]);
    const { code, out } = await annals([
      'admin',
      'token',
      '--scope',
      'acme',
      '--user',
      'u-17',
      '--data',
      data,
    ]);
    expect(code).toBe(0);
    const response = await fetch(`${url}/v1/exports`, { headers: { authorization: `Bearer ${out.trim()}` } });
    expect(response.status).toBe(200);
    const bad = (...args: string[]) => annals(['admin', 'token', '--scope', 'acme', '--user', 'u', ...args]);
    expect(await bad('--data', data, '--expires', 'soon')).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected a duration such as 30m'),
    });
    expect(await bad('--data', '/nonexistent')).toMatchObject({
      code: 2,
      err: expect.stringContaining('start the server once'),
    });
  });

  it('set a schedule, run it, pause it and delete it', async () => {
    const { data, post, finished } = await startServer();
    const run = (...args: string[]) => annals(['schedule', ...args, '--scope', 'acme', '--data', data]);
    const weekly = [
      'weekly',
      '--every',
      'weekly',
      '--on',
      'monday',
      '--at',
      '06:00',
      '--time-zone',
      'Europe/Berlin',
      '--requested-by',
      'u-17',
      '--reason',
      'r',
    ];
    expect(await run('set', ...weekly)).toMatchObject({
      code: 1,
      err: expect.stringContaining('not_an_admin'),
    });
    await annals(['admin', 'grant', '--scope', 'acme', '--user', 'u-17', '--data', data]);
    expect(await run('set', ...weekly)).toMatchObject({
      code: 0,
      out: expect.stringContaining('weekly on monday at 06:00'),
    });
    await post(eventText());
    const asked = JSON.parse((await run('run', 'weekly', '--json')).out) as { export_id: string };
    await finished(asked.export_id);
    expect(JSON.parse((await run('runs', 'weekly', '--json')).out)).toMatchObject([
      { n: 1, status: 'succeeded', filed_from: null },
    ]);
    expect((await run('pause', 'weekly')).out).toContain('paused');
    expect(JSON.parse((await run('resume', 'weekly', '--json')).out)).toMatchObject({
      paused: false,
      on: 'monday',
      runs: 1,
    });
    expect((await run('list')).out).toContain('Europe/Berlin');
    expect((await run('delete', 'weekly')).code).toBe(0);
    expect(await run('show', 'weekly')).toMatchObject({ code: 1, err: expect.stringContaining('not_found') });
    expect((await run('list')).out).toContain('has no schedules');
    expect(await run('set', 'x', '--every', 'hourly', '--at', '06:00')).toMatchObject({ code: 2 });
  });
});
