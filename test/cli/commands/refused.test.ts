import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

type Item = { key: string; code: string; path: string; bytes: number; repeats: number };

const post = (server: Awaited<ReturnType<typeof startServer>>, body: string) =>
  server.call('emitter', '/v1/events?refused=keep&stamp_request=false', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });

/** An installation that keeps so many items, and how the operator asks it. */
const startWithItems = async (body: string, items: number) => {
  const server = await startServer();
  expect((await post(server, body)).status).toBe(200);
  const refused = (...args: string[]) => annals(['refused', ...args, '--data', server.data]);
  const list = async (): Promise<Item[]> => JSON.parse((await refused('list', '--json')).out);
  await expect.poll(list).toHaveLength(items);
  return { ...server, refused, list, folder: await temporaryDirectory() };
};

const bad = (name: string, change: object = {}): string =>
  eventText({ id: name, success: 'yes', target: { id: 'c-1', type: 'context', name }, ...change });

describe('annals refused', () => {
  it('finds refused events, fixes and resends them, so that an export has each once', async () => {
    const { refused, list, exportLog, folder } = await startWithItems(bad('\u202ebad'), 1);
    expect((await exportLog()).whole).toMatchObject({ refused: 1 });

    const listed = await refused('list');
    expect(listed.code, listed.err).toBe(0);
    for (const line of listed.out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    const [shortKey = ''] = /[0-9a-f]{6}…[0-9a-f]{6}/.exec(listed.out) ?? [];
    expect(listed.out).toContain('invalid_type');
    expect(listed.out).toContain('/success');
    // An embedded installation's roles mean nothing by their ARN.
    expect(listed.out).toContain('emitter');
    expect(listed.out).not.toContain('arn:');
    const [head = '', , row = ''] = listed.out.split('\n');
    const end = head.indexOf('bytes') + 'bytes'.length;
    expect(row.slice(0, end)).toMatch(/ \d+$/);

    const shown = await refused('show', shortKey);
    expect(shown.out).toContain('\\u202ebad');
    expect(shown.out).not.toContain('arn:');
    expect(shown.out).not.toContain('\u202e');
    const file = join(folder, 'item.json');
    expect(await refused('show', shortKey, '--out', file)).toMatchObject({ code: 0, out: '' });
    expect(readFileSync(file, 'utf8')).toBe(bad('\u202ebad'));

    const again = await refused('resend', shortKey);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('invalid_type at /success') });
    expect(await list()).toHaveLength(1);

    const [{ key }] = (await list()) as [Item];
    writeFileSync(file, readFileSync(file, 'utf8').replace('"success":"yes"', '"success":true'));
    const mended = await refused('resend', key, '--mended', file, '--reason', 'ticket 1');
    expect(mended, mended.err).toMatchObject({
      code: 0,
      out: expect.stringContaining('Resent 1 event; the item is closed'),
    });
    expect(await refused('resend', key, '--mended', file)).toMatchObject({ code: 0 });
    expect(await list()).toEqual([]);
    expect(await refused('list')).toMatchObject({ code: 0, out: 'No refused items are open\n' });

    const { rows, whole } = await exportLog();
    expect(rows.map(({ success, target }) => [success, target])).toEqual([
      ['true', expect.stringContaining('bad')],
    ]);
    expect(whole).toMatchObject({ refused: 0, duplicates: 1 });
  });

  it('resends all of a code, reports those that are refused again, and does not stop at them', async () => {
    const body = [bad('a'), bad('b'), bad('c', { action: 'Not An Action', success: true })].join('\n');
    const { refused, list } = await startWithItems(body, 3);
    const all = await refused('resend', '--all', '--code', 'invalid_type', '--json');
    expect(all.code).toBe(1);
    const { resent, refused: again } = JSON.parse(all.out);
    expect(resent).toEqual([]);
    expect(again).toHaveLength(2);
    expect(await list()).toHaveLength(3);
    const none = await refused('resend', '--all', '--code', 'missing_member');
    expect(none).toMatchObject({ code: 0, out: expect.stringContaining('Resent 0 items; 0 refused') });
  });

  it('dismisses an item with a reason, and purges those of a sender', async () => {
    const { refused, list } = await startWithItems([bad('a'), bad('b')].join('\n'), 2);
    const [first, second] = (await list()) as [Item, Item];
    expect(await refused('dismiss', first.key)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--reason'),
    });
    expect(await refused('dismiss', first.key.slice(0, 12), '--reason', 'a test')).toMatchObject({ code: 0 });
    expect((await list()).map(({ key }) => key)).toEqual([second.key]);
    const { sender } = JSON.parse((await refused('show', second.key, '--json')).out);
    expect(JSON.parse((await refused('list', '--sender', 'emitter', '--json')).out)).toHaveLength(1);
    expect(await refused('purge', '--sender', 'nobody', '--reason', 'a test')).toMatchObject({
      code: 2,
      err: expect.stringContaining('No open item is from the sender "nobody"; name the sender by its ARN'),
    });
    const purged = await refused('purge', '--sender', sender, '--reason', 'a test', '--json');
    expect(purged.code, purged.err).toBe(0);
    expect(JSON.parse(purged.out).purged).toBeGreaterThan(0);
    expect(await list()).toEqual([]);
    expect(await refused('show', second.key, '--out', '-')).toMatchObject({
      code: 1,
      err: expect.stringContaining('deleted'),
    });
  });

  it('is misused with an invalid key, with none or two of the alternatives, and with an unknown key', async () => {
    const server = await startServer();
    for (const [args, said] of [
      [['show', 'xyz'], '6 to 64 hexadecimal digits'],
      [['show', 'abcdef'], 'No open item matches the key "abcdef"'],
      [['resend'], 'Name the key of an item, or use --all'],
      [['resend', 'abcdef', '--all', '--code', 'invalid_type'], 'Name the key of an item, or use --all'],
      [['resend', '--all'], 'Use --all and --code together'],
      [['resend', '--all', '--code', 'x', '--mended', 'x'], '--mended replaces the content of one item'],
      [['purge', '--reason', 'r'], 'Use exactly one of'],
      [['purge', 'abcdef', '--sender', 's', '--reason', 'r'], 'Use exactly one of'],
    ] as const)
      expect(await annals(['refused', ...args, '--data', server.data])).toMatchObject({
        code: 2,
        err: expect.stringContaining(said),
      });
    const unknown = await annals(['refused', 'show', 'a'.repeat(64), '--data', server.data]);
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('not_found') });
  });

  it('purges page by page until nothing is left, and says of a list how much of it cannot be read', async () => {
    const asked: unknown[] = [];
    const service = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.setHeader('content-type', 'application/json');
      if (request.method === 'GET') {
        response.end(JSON.stringify({ items: [], unreadable: 2, cursor: null }));
        return;
      }
      const question = JSON.parse(Buffer.concat(chunks).toString());
      asked.push(question);
      response.end(JSON.stringify({ purged: 200, cursor: asked.length < 3 ? 'c'.repeat(64) : null }));
    });
    await new Promise<void>(resolve => service.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void service.close());
    const at = [
      '--url',
      `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
      '--token',
      'operator-key-of-a-test',
    ];
    const purged = await annals(['refused', 'purge', '--before', '2026-01-01', '--reason', 'r', ...at]);
    expect(purged).toMatchObject({ code: 0, out: expect.stringContaining('Purged 600 items') });
    expect(asked).toEqual([
      { before: '2026-01-01', reason: 'r' },
      { before: '2026-01-01', reason: 'r', cursor: 'c'.repeat(64) },
      { before: '2026-01-01', reason: 'r', cursor: 'c'.repeat(64) },
    ]);
    const listed = await annals(['refused', 'list', ...at]);
    expect(listed.err).toContain('2 more cannot be read');
  });
});
