import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import stringWidth from 'string-width';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

describe('annals events', () => {
  it('shows events in a table or as they are, and finds them by filters', async () => {
    const { data, post } = await startServer();
    const payload = { n: 1, text: '\u202e' };
    await post(
      [
        eventText({ id: id(1), occurred_at: ago(180), payload }),
        eventText({ id: id(2), occurred_at: ago(60), success: false }),
      ].join('\n'),
      'application/x-ndjson',
    );
    const events = (...args: string[]) => annals(['events', '--data', data, '--scope', 'acme', ...args]);
    await vi.waitFor(async () => expect((await events('--json')).out.split('\n')).toHaveLength(3), {
      timeout: 10_000,
      interval: 50,
    });
    const [newest, oldest] = (await events('--json')).out.trimEnd().split('\n');
    expect(JSON.parse(newest!)).toMatchObject({ id: id(2), success: false });
    expect(JSON.parse(oldest!)).toMatchObject({ id: id(1), payload });
    expect(oldest).toContain('\\u202e');
    expect((await events('--json', '--since', '2h')).out).toContain(id(2));
    expect((await events('--json', '--since', '2h')).out).not.toContain(id(1));
    const table = await events();
    expect(table.out).toContain('context.create');
    for (const line of table.out.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(100);
    expect(await events('--action', '-context.*')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^No such events up to /),
    });
    const few = await events('--limit', '1');
    expect(few.err).toContain('There are more');
    const all = await annals(['events', '--data', data, '--all-scopes', '--reason', 'test', '--json']);
    expect(all.code).toBe(0);
  });

  it('says what is wrong with an option, and ends with its code', async () => {
    const { data } = await startServer();
    const ended = (...args: string[]) => annals(['events', '--data', data, ...args]);
    expect(await ended('--scope', 'a', '--since', 'yesterday')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a duration such as'),
    });
    expect(await ended('--scope', 'a', '--limit', '0')).toMatchObject({ code: 2 });
    expect(await ended('--scope', 'a', '--since', '1h', '--from', '2026-01-01')).toMatchObject({ code: 2 });
    expect(await ended('--scope', 'a', '--all-scopes')).toMatchObject({ code: 2 });
    expect(await ended('--all-scopes', '--reason', 'r', '--follow')).toMatchObject({ code: 2 });
    expect(await ended()).toMatchObject({ code: 1, err: expect.stringContaining('--scope') });
    expect(await ended('--scope', 'a', '--action', 'User Login')).toMatchObject({
      code: 1,
      err: expect.stringContaining('--action: Expected an action'),
    });
    expect((await annals(['events', '--help'])).out).toContain(
      '$ annals events --scope acme --actor u-17 --since 2h',
    );
  });

  it('follows a log: each event once, however often it is sent', async () => {
    const { data, post } = await startServer();
    const first = ago(5);
    await post(eventText({ id: id(1), occurred_at: first }));
    const child = spawn(process.execPath, [
      join(import.meta.dirname, '../../../cli/annals.js'),
      ...['events', '--data', data, '--scope', 'acme', '--follow', '--json'],
    ]);
    onTestFinished(() => void child.kill());
    const ids: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      ids.push((JSON.parse(line) as { id: string }).id);
      if (ids.length === 3) break;
      // A copy of the first comes with each: it is no new event.
      const next = eventText({ id: id(ids.length + 1), occurred_at: ago(1) });
      await post(`[${next},${eventText({ id: id(1), occurred_at: first })}]`);
    }
    expect(ids).toEqual([1, 2, 3].map(id));
  });
});
