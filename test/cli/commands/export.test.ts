import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { filesNothing, startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const command = join(import.meta.dirname, '..', '..', '..', 'cli', 'annals.js');

/** An installation whose log of acme has more than a pipe or a small disk holds. */
const startWithLog = async () => {
  const server = await startServer();
  const events = Array.from({ length: 400 }, (_, n) =>
    eventText({
      id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      payload: { name: 'x'.repeat(500) },
    }),
  );
  await server.post(`[${events.join(',')}]`);
  await server.admin('acme', 'u-17');
  const question = ['--scope', 'acme', '--requested-by', 'u-17', '--reason', 'ticket', '--data', server.data];
  return { ...server, question, folder: await temporaryDirectory() };
};

/** Runs a line of a shell, in which `annals` is the command. */
const shell = async (line: string, cwd: string, env: NodeJS.ProcessEnv = {}) => {
  const child = spawn('bash', ['-c', `annals() { "${process.execPath}" "${command}" "$@"; }; ${line}`], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
};

const quote = (args: readonly string[]): string => args.map(arg => `'${arg}'`).join(' ');

describe('annals export', () => {
  it('has the manifest beside the CSV, which is what it says', async () => {
    const { question, folder } = await startWithLog();
    for (const [name, manifestName, gzip] of [
      ['acme.csv', 'acme.manifest.json', []],
      ['acme.v2.csv.gz', 'acme.v2.manifest.json', ['--gzip']],
      ['log', 'log.manifest.json', []],
    ] as const) {
      const out = join(folder, name);
      const { code, err } = await annals(['export', ...question, ...gzip, '--out', out]);
      expect(code, err).toBe(0);
      expect(err).toContain(join(folder, manifestName));
      const bytes = readFileSync(out);
      expect(JSON.parse(readFileSync(join(folder, manifestName), 'utf8'))).toMatchObject({
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        requested_by: 'u-17',
      });
      expect((gzip.length > 0 ? gunzipSync(bytes) : bytes).toString()).toMatch(/^"action",/);
    }
    expect(readdirSync(folder)).toHaveLength(6);
  });

  it('names its files by the export by default, and prints the manifest of each', async () => {
    const { question, folder, data } = await startWithLog();
    const { out } = await shell(`annals export ${quote(question)} --json`, folder);
    const job = JSON.parse(out) as { id: string; out: string; manifest: string };
    expect(job.out).toBe(`audit-log-${job.id}.csv`);
    expect(readdirSync(folder).sort()).toEqual([job.out, job.manifest].sort());
    const shown = await annals(['export', 'manifest', job.id, '--data', data]);
    expect(JSON.parse(shown.out)).toEqual(JSON.parse(readFileSync(join(folder, job.manifest), 'utf8')));
    const again = await shell(`annals export download ${job.id} --data '${data}'`, folder);
    expect(again.code, again.err).toBe(0);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it('ends with 3 if standard output has no room, and says how much was written', async () => {
    const { question, folder } = await startWithLog();
    const full = await shell(`annals export ${quote(question)} --out - > /dev/full`, folder);
    expect(full).toMatchObject({ code: 3, err: expect.stringContaining('no space is left (ENOSPC); 0 of') });
    // A file that takes a part of a write and then no more, as on a disk that fills up.
    const limited = `trap '' XFSZ; ulimit -f 64; annals export ${quote(question)} --out - > part.csv`;
    const part = await shell(limited, folder);
    expect(part.err).toMatch(/could not be written completely: .*EFBIG.*; 65536 of \d{6} bytes were written/);
    expect(part.code).toBe(3);
    expect(part.err).not.toContain('standard output\n');
    expect(statSync(join(folder, 'part.csv')).size).toBe(65_536);
    for (const { err } of [full, part]) expect(err).not.toMatch(/^ +at /m);
  });

  it('ends with 3 if its reader goes before the end, and with 0 if it has all', async () => {
    const { question, folder } = await startWithLog();
    for (const reader of ['true', 'head -1']) {
      const line = `annals export ${quote(question)} --out - | ${reader} > seen; exit "\${PIPESTATUS[0]}"`;
      const { code, err } = await shell(line, folder);
      expect([code, err]).toEqual([3, expect.stringContaining('the reader has closed it (EPIPE)')]);
      expect(err).not.toMatch(/^ +at /m);
    }
    const whole = await shell(`annals export ${quote(question)} --out - | sha256sum`, folder);
    const { stdout } = {
      stdout: await annals(['exports', ...question.slice(0, 2), ...question.slice(-2), '--json']),
    };
    const [{ sha256 }] = JSON.parse(stdout.out) as [{ sha256: string }];
    expect(whole.out).toContain(sha256);
  });

  it('leaves a device, a pipe and a link what they are', async () => {
    const { question, folder } = await startWithLog();
    const args = ['export', ...question, '--out'];
    expect(await annals([...args, '/dev/full'])).toMatchObject({ code: 3 });
    expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true);
    symlinkSync('target.csv', join(folder, 'link.csv'));
    expect(await annals([...args, join(folder, 'link.csv')])).toMatchObject({ code: 0 });
    expect(lstatSync(join(folder, 'link.csv')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, 'target.csv'), 'utf8')).toMatch(/^"action",/);
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const { out, code } = await shell(
      `annals export ${quote(question)} --out pipe & wc -l < pipe; wait $!`,
      folder,
    );
    expect([code, Number(out)]).toEqual([0, expect.any(Number)]);
    expect(Number(out)).toBeGreaterThan(400);
    expect(readdirSync(folder).sort()).toEqual(['link.csv', 'link.manifest.json', 'pipe', 'target.csv']);
  });

  it('looks at --out before it asks for anything', async () => {
    const { question, folder, data } = await startWithLog();
    const args = ['export', ...question];
    for (const [rest, message] of [
      [['--out', folder], 'is a directory'],
      [['--out', join(folder, 'missing', 'x.csv')], 'does not exist'],
      [['--gzip', '--out', join(folder, 'x.csv')], 'name it x.csv.gz'],
      [['--out', join(folder, 'x.csv.gz')], 'or export with --gzip'],
      [['--out', ''], '--out is empty'],
    ] as const)
      expect(await annals([...args, ...rest]), message).toMatchObject({
        code: 2,
        err: expect.stringContaining(message),
      });
    expect((await annals(['exports', '--data', data, '--json'])).out).toBe('[]\n');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves no half file if it is interrupted, ends by the signal, and says how to continue', async () => {
    // Nothing is filed, so that the export waits.
    const { data, folder } = await (async () => {
      const server = await startServer(filesNothing);
      await server.admin('acme', 'u-17');
      return { data: server.data, folder: await temporaryDirectory() };
    })();
    const args = ['--scope', 'acme', '--requested-by', 'u-17', '--reason', 'r', '--data', data];
    const child = spawn(process.execPath, [command, 'export', ...args, '--out', join(folder, 'x.csv')]);
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
      if (err.includes('waiting for')) child.kill('SIGINT');
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect([code, signal]).toEqual([null, 'SIGINT']);
    expect(err).toMatch(/fetch it with "annals export download [0-9a-f-]{36}"/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is of one scope or of all, by the flag that says so', async () => {
    const { data, url } = await startServer();
    const folder = await temporaryDirectory();
    const args = ['export', '--data', data, '--out', join(folder, 'x.csv')];
    for (const [rest, message] of [
      [[], 'Name the scope with --scope, or use --all-scopes with --reason'],
      [['--all-scopes'], 'give a reason with --reason'],
      [['--scope', 'acme', '--all-scopes', '--reason', 'r'], 'Use --scope or --all-scopes, not both'],
    ] as const)
      expect(await annals([...args, ...rest])).toMatchObject({
        code: 2,
        err: expect.stringContaining(message),
      });
    const all = await annals([...args, '--all-scopes', '--reason', 'yearly review', '--json']);
    expect(all.code, all.err).toBe(0);
    expect(JSON.parse(all.out)).toMatchObject({ all_scopes: true, scope_id: null, reason: 'yearly review' });
    const { id } = JSON.parse(all.out) as { id: string };
    const listed = await annals(['exports', '--all-scopes', '--data', data, '--json']);
    expect(JSON.parse(listed.out)).toMatchObject([{ id, all_scopes: true }]);
    expect(await annals(['exports', '--all-scopes', '--scope', 'acme', '--data', data])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Use --scope or --all-scopes, not both'),
    });
    // Support is told by the service that it may not.
    const keys = JSON.parse(readFileSync(join(data, 'keys.json'), 'utf8')) as { support: string };
    const support = ['--url', url, '--token', keys.support];
    const refused = await annals([
      'export',
      ...support,
      '--all-scopes',
      '--reason',
      'r',
      '--out',
      join(folder, 'y.csv'),
    ]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--all-scopes: ') });
    expect(existsSync(join(folder, 'y.csv'))).toBe(false);
  });

  it('names flags, not members, if it is refused', async () => {
    const { data } = await startServer();
    const refusal = async (...args: string[]) =>
      (await annals(['export', '--scope', 'acme', '--data', data, ...args])).err;
    expect(await refusal()).toContain(
      'Name the user who requested the log with --requested-by (requester_required)',
    );
    expect(await refusal('--requested-by', 'u')).toContain('Give the reason or the ticket with --reason');
    const asked = ['--requested-by', 'u', '--reason', 'r'];
    expect(await refusal(...asked, '--from', 'yesterday')).toContain('--from: Expected an RFC 3339 time');
    expect(await refusal(...asked, '--action', 'No Action')).toContain('--action: Expected an action');
    expect(await refusal(...asked, '--from', '2026-01-02', '--to', '2026-01-01')).toContain(
      '--from must be earlier than --to',
    );
  });

  it('asks for the export of an id, whatever the id is', async () => {
    const { data } = await startServer();
    for (const [verb, id] of [
      ['show', '../../healthz'],
      ['download', 'a/b?c#d'],
      ['manifest', '..'],
      ['link', '%2e%2e/é'],
      ['retry', '~x'],
    ] as const)
      expect(await annals(['export', verb, id, '--data', data])).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining('There is no export of this id (not_found)'),
      });
  });

  it('shows what came from outside escaped, in records, tables, messages and JSON', async () => {
    const { data, admin } = await startServer();
    const folder = await temporaryDirectory();
    const user = 'u\u202e17\u2066';
    await admin('acme', user);
    const reason = '\u001b]0;title\u0007\u001b[31mred\u009b2J\u202egnp\ud83d';
    const args = ['--scope', 'acme', '--requested-by', user, '--data', data];
    const exported = await annals([
      'export',
      ...args,
      '--reason',
      reason,
      '--out',
      join(folder, 'x.csv'),
      '--json',
    ]);
    expect(exported.code, exported.err).toBe(0);
    const { id } = JSON.parse(exported.out) as { id: string };
    const shown = await annals(['export', 'show', id, '--data', data]);
    expect(shown.out).toContain('\\u001b]0;title\\u0007\\u001b[31mred\\u009b2J\\u202egnp');
    const refused = await annals([
      'export',
      '--scope',
      'b',
      '--requested-by',
      user,
      '--reason',
      'r',
      '--data',
      data,
    ]);
    expect(refused.err).toContain('u\\u202e17\\u2066');
    const all = [
      exported,
      shown,
      refused,
      await annals(['exports', '--data', data]),
      await annals(['export', 'show', id, '--json', '--data', data]),
      await annals(['export', 'manifest', id, '--data', data]),
      await annals(['admin', 'list', '--scope', 'acme', '--data', data]),
      await annals(['admin', 'list', '--scope', 'acme', '--data', data, '--json']),
      await annals(['exports', '--bogus=\u001b[31m\u202e']),
    ];
    for (const { out, err } of all)
      expect(out + err).not.toMatch(/[\u001b\u0007\u009b\u202e\u2066\ud800-\udfff]/);
    expect(JSON.parse(all[4]!.out)).toMatchObject({ requested_by: user });
  });
});

describe('every command', () => {
  it('ends without a stack trace if its reader has gone, and with 3 if it cannot be written', async () => {
    const { data } = await startServer();
    const folder = await temporaryDirectory();
    const env = { ANNALS_DATA: data };
    for (const line of ['exports', 'exports --json', 'schedule list --scope a', '--help', 'catalogue list']) {
      const full = await shell(`annals ${line} > /dev/full`, folder, env);
      expect(full, line).toMatchObject({
        code: 3,
        err: expect.stringContaining('no space is left (ENOSPC)'),
      });
      expect(full.err).not.toMatch(/^ +at /m);
    }
    for (const line of ['exports', 'gaps --json', '--version']) {
      const closed = await shell(`exec 3> >(true); wait $!; annals ${line} >&3`, folder, env);
      expect(closed, line).toMatchObject({ code: 0, err: '' });
    }
  }, 120_000);
});
