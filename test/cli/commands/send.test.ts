import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const command = join(import.meta.dirname, '..', '..', '..', 'cli', 'annals.js');

/** A service that keeps what it is sent, and answers as it is told by the body; undefined is a 202. */
const listen = async (answer: (body: Buffer) => { status: number; text: string } | undefined) => {
  const taken: Buffer[] = [];
  const paths: string[] = [];
  const server = createServer(async (request, response) => {
    paths.push(request.url!);
    const body = await buffer(request);
    const given = answer(body);
    if (!given) taken.push(body);
    const events = body
      .toString('latin1')
      .split('\n')
      .map((_, index) => ({ index, id: 'i', occurred_at: 't' }));
    response
      .writeHead(given?.status ?? 202, { 'content-type': 'application/json' })
      .end(given?.text ?? JSON.stringify({ accepted: events.length, events, rejected: [] }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { taken, paths, args: ['--url', url, '--token', 't'] };
};

const fileOf = async (bytes: Buffer | string): Promise<string> => {
  const path = join(await temporaryDirectory(), 'events.ndjson');
  writeFileSync(path, bytes);
  return path;
};

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const event = (n: number, change: object = {}): string => eventText({ id: id(n), ...change });

describe('annals send', () => {
  it('sends the bytes of the file: U+2028, a lone CR, what is not UTF-8, and CRLF', async () => {
    const { args, taken, paths } = await listen(() => undefined);
    const bytes = Buffer.concat([
      Buffer.from(`\ufeff${event(1, { payload: { a: '\u2028\u2029\u0085' } })}\r\n`),
      Buffer.from(`{"id":"x","a":\r1}\n{"id":"y","b":"`),
      Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80]),
      Buffer.from('"}'),
    ]);
    const { code, out } = await annals(['send', await fileOf(bytes), '--json', ...args]);
    expect([code, out]).toEqual([0, '{"accepted":3,"refused":[]}\n']);
    expect(Buffer.concat(taken)).toEqual(bytes);
    expect(paths).toEqual(['/v1/events?stamp_request=false']);
  });

  it('sends an array, gzip and UTF-16 as it sends lines', async () => {
    const { data, exportLog } = await startServer();
    const texts = [1, 2, 3].map(n => event(n));
    const files = [
      `[${texts[0]}]`,
      gzipSync(texts[1]!),
      Buffer.from(`\ufeff${JSON.stringify(JSON.parse(texts[2]!), null, 2)}`, 'utf16le'),
    ];
    for (const bytes of files)
      expect(await annals(['send', await fileOf(bytes), '--data', data, '--json'])).toMatchObject({
        code: 0,
        out: '{"accepted":1,"refused":[]}\n',
      });
    const { rows } = await exportLog();
    expect(rows.map(row => row.id)).toEqual([1, 2, 3].map(id));
  });

  it('keeps the refused lines, byte for byte, to be fixed and sent again', async () => {
    const { data } = await startServer();
    const bad = ['{"a":1}\r', '  {"action":"x","\u2028":1}', 'nonsense \ufeff'];
    const lines = [event(1), bad[0], '', event(2), bad[1], bad[2], event(3)];
    const kept = join(await temporaryDirectory(), 'rejected.ndjson');
    const args = ['send', '-', '--rejected', kept, '--data', data];
    const sent = await annals([...args, '--json'], lines.join('\n'));
    expect(sent.code).toBe(1);
    expect(sent.err).toContain(`3 lines were refused; correct them in ${kept} and send that file`);
    const told = JSON.parse(sent.out) as { refused: { line: number }[] };
    expect(told).toMatchObject({ accepted: 3, rejected_file: kept });
    expect(told.refused.map(({ line }) => line)).toEqual([2, 5, 6]);
    expect(readFileSync(kept, 'utf8')).toBe(`${bad.join('\n')}\n`);
    // What is sent next time is not mixed up with it.
    expect((await annals(args, event(4))).code).toBe(0);
    expect(readFileSync(kept, 'utf8')).toBe('');
  });

  it('refuses, before it sends, to keep them over the sent file or at a place that cannot be written', async () => {
    const { args, taken } = await listen(() => undefined);
    const file = await fileOf(event(1));
    const folder = await temporaryDirectory();
    for (const [path, message] of [
      [file, 'is the file to send'],
      [folder, 'is a directory'],
      [join(folder, 'missing', 'x'), 'does not exist'],
    ] as const)
      expect(await annals(['send', file, '--rejected', path, ...args])).toMatchObject({
        code: 2,
        err: expect.stringContaining(message),
      });
    expect(taken).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(event(1));
  });

  it.each([400, 403, 413, 422, 500])(
    'sets a line apart that is always answered with %i, and sends all others',
    async status => {
      const { args, taken } = await listen(body =>
        body.includes('<script>') ? { status, text: '<html>Blocked\u001b[2J</html>' } : undefined,
      );
      const poison = event(41, { payload: { name: '<script>' } });
      const lines = Array.from({ length: 100 }, (_, n) => (n === 41 ? poison : event(n)));
      const kept = join(await temporaryDirectory(), 'rejected.ndjson');
      const file = await fileOf(lines.join('\n'));
      const { code, out, err } = await annals(['send', file, '--rejected', kept, '--json', ...args]);
      expect(code, err).toBe(1);
      expect(JSON.parse(out)).toMatchObject({ accepted: 99, refused: [{ line: 42 }] });
      expect(out).not.toContain('\u001b');
      expect(readFileSync(kept, 'utf8')).toBe(`${poison}\n`);
      const sent = taken.flatMap(body => body.toString().split('\n'));
      expect(sent.sort()).toEqual(lines.filter(line => line !== poison).sort());
    },
  );

  it('stops if everything is answered in the same way, and says from which line to continue', async () => {
    let requests = 0;
    const { args, taken } = await listen(() =>
      ++requests > 1 ? { status: 403, text: 'Forbidden' } : undefined,
    );
    // Two requests: half of what the service takes each.
    const filler = 'x'.repeat(200_000);
    const lines = Array.from({ length: 15 }, (_, n) => event(n, { payload: { filler } }));
    const { code, out, err } = await annals(['send', await fileOf(lines.join('\n')), '--json', ...args]);
    const accepted = taken[0]!.toString().split('\n').length;
    expect(code).toBe(3);
    expect(err).toContain(`stopped at line ${accepted + 1}`);
    expect(err).toContain(`continue with --skip ${accepted}`);
    expect(JSON.parse(out)).toEqual({ accepted, refused: [] });
    expect(requests).toBeLessThan(12);
    const rest = await listen(() => undefined);
    const again = await annals([
      'send',
      await fileOf(lines.join('\n')),
      '--skip',
      String(accepted),
      ...rest.args,
    ]);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining(`${15 - accepted} accepted`) });
    expect(Buffer.concat(rest.taken).toString()).toBe(lines.slice(accepted).join('\n'));
  });

  it('keeps the refused lines so far if it is interrupted, and continues after them', async () => {
    let requests = 0;
    let isAsked = () => {};
    const asked = new Promise<void>(resolve => {
      isAsked = resolve;
    });
    // The first request is answered, and the second never.
    const server = createServer(async (request, response) => {
      const lines = (await buffer(request)).toString().split('\n');
      if (++requests > 1) return isAsked();
      const rejected = [{ index: 1, code: 'invalid_type', path: '/x', message: 'm' }];
      response
        .writeHead(207, { 'content-type': 'application/json' })
        .end(JSON.stringify({ accepted: lines.length - 1, rejected }));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const filler = 'x'.repeat(200_000);
    const lines = Array.from({ length: 15 }, (_, n) => event(n, { payload: { filler } }));
    const file = await fileOf(lines.join('\n'));
    const kept = join(await temporaryDirectory(), 'rejected.ndjson');
    const args = ['send', file, '--rejected', kept];
    const child = spawn(process.execPath, [command, ...args, '--url', url, '--token', 't']);
    void asked.then(() => child.kill('SIGTERM'));
    const [err, [, signal]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(signal).toBe('SIGTERM');
    const [, skip] = /Sent up to line (\d+); continue with --skip \1/.exec(err)!;
    expect(readFileSync(kept, 'utf8') === `${lines[1]}\n`).toBe(true);
    expect(readdirSync(dirname(kept))).toEqual(['rejected.ndjson']);

    const poison = lines[14]!;
    const rest = await listen(body => (body.includes(poison) ? { status: 400, text: '' } : undefined));
    expect((await annals([...args, '--skip', skip!, ...rest.args])).code).toBe(1);
    const idsOf = (bodies: readonly (Buffer | string)[]): string[] =>
      bodies
        .flatMap(body => body.toString().trim().split('\n'))
        .map(line => (JSON.parse(line) as { id: string }).id)
        .sort();
    expect(idsOf(rest.taken)).toEqual(idsOf(lines.slice(Number(skip), 14)));
    expect(idsOf([readFileSync(kept)])).toEqual([id(1), id(14)]);
  });

  it('stops at once if the token is not known', async () => {
    const { data } = await startServer();
    const sent = await annals(['send', '-', '--data', data, '--token', 'x'], event(1));
    expect(sent).toMatchObject({ code: 1, err: expect.stringContaining('unauthorized') });
  });

  it('shows counts by code with their lines, within 100 columns', async () => {
    const { data } = await startServer();
    const long = `a.${'b'.repeat(126)}`;
    const lines = [
      event(1),
      ...Array.from({ length: 30 }, (_, n) => event(n + 2, { ['x'.repeat(90)]: n })),
      event(50, { success: 1, action: long }),
    ];
    const { code, out } = await annals(['send', '-', '--data', data], lines.join('\n'));
    expect(code).toBe(1);
    expect(out).toMatch(/unknown_member +30 +2, 3, 4, 5, 6, 7, …/);
    expect(out).toMatch(/invalid_type +1 +32/);
    expect(out).toContain('… and 11 more; use --json to list them');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
  });

  it('stamps no event with its own request, since that did not cause the events', async () => {
    const { data, exportLog } = await startServer();
    expect((await annals(['send', '-', '--data', data], event(1, { request: undefined }))).code).toBe(0);
    const { rows } = await exportLog();
    expect(rows.map(({ request }) => request)).toEqual(['']);
  });

  it('reports warnings by code and line, and how many events no customer sees', async () => {
    const { data } = await startServer();
    const lines = [
      event(1),
      event(2, { scope: undefined }),
      event(3, { payload: 'text' }),
      event(4, { scope: undefined, payload: [1] }),
    ].join('\n');
    const { code, out } = await annals(['send', '-', '--data', data], lines);
    expect(code).toBe(0);
    expect(out).toContain('4 accepted, 0 refused');
    expect(out).toContain('2 events without a scope: no customer sees them');
    expect(out).toMatch(/wrapped +2 +3, 4/);
    expect(out).toMatch(/no_scope +2 +2, 4/);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    const json = await annals(['send', '-', '--data', data, '--json'], lines);
    expect(JSON.parse(json.out)).toMatchObject({
      accepted: 4,
      refused: [],
      warnings: { no_scope: { events: 2, lines: [2, 4] }, wrapped: { events: 2, lines: [3, 4] } },
      without_scope: 2,
    });
  });

  it('says that a file is not there, or is a folder, and what it is if it is not events', async () => {
    const folder = await temporaryDirectory();
    for (const [path, message] of [
      [join(folder, 'nowhere'), 'it does not exist'],
      [folder, 'is a directory'],
      [await fileOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])), 'compressed with zstd'],
    ] as const)
      expect(await annals(['send', path, '--url', 'http://127.0.0.1:1', '--token', 't'])).toMatchObject({
        code: 2,
        err: expect.stringContaining(message),
      });
  });

  it('refuses a line without end by its number, in bounded memory, and sends the rest', async () => {
    const { data } = await startServer();
    const kept = join(await temporaryDirectory(), 'rejected');
    const bytes = 300 * 1024 * 1024;
    const line = `head -c ${bytes} /dev/zero | tr '\\0' x`;
    const script = `(printf '%s\\n' '${event(1)}'; ${line}; printf '\\n%s' '${event(2)}')`;
    const child = spawn(
      'sh',
      [
        '-c',
        `${script} | exec ${process.execPath} --max-old-space-size=128 ${command}` +
          ` send - --json --rejected ${kept} --data ${data}`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const [out] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
    expect(JSON.parse(out.toString())).toMatchObject({
      accepted: 2,
      refused: [{ line: 2, code: 'body_too_large' }],
    });
    let size = 0;
    for await (const chunk of createReadStream(kept)) size += (chunk as Buffer).length;
    expect(size).toBe(bytes + 1);
  });
});

describe('what annals send reports', () => {
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

  it('continue past a line that no request can hold', async () => {
    const { data } = await startServer();
    const long = eventText({ payload: { x: 'x'.repeat(5_000_000) } });
    const { code, out } = await annals(
      ['send', '-', '--data', data, '--json'],
      `${eventText()}\n${long}\n${eventText()}`,
    );
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ accepted: 2, refused: [{ line: 2, code: 'body_too_large' }] });
  });
});
