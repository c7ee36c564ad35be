import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { parseCsv, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('annals send, export and exports', () => {
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

  it('walk the whole path of support: grant, refusal, export, show, download, and the log of it', async () => {
    const { data, post } = await startServer();
    await post(eventText());
    const run = (...args: string[]) => annals([...args, '--data', data]);
    const question = ['export', '--scope', 'acme', '--reason', 'ticket 8841'];
    const refused = await run(...question, '--requested-by', 'u-17');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(
      'The user "u-17" is not known as an admin of the scope;' +
        ' the operator can grant it: annals admin grant (not_an_admin)',
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
});
