import { describe, expect, it, vi } from 'vitest';
import { eventText } from './builders.ts';
import { startServer } from './server.ts';

type Server = Awaited<ReturnType<typeof startServer>>;
type Item = {
  key: string;
  code: string;
  path: string | null;
  scope_id: string | null;
  sender: string;
  bytes: number;
  parts: number;
  repeats: number;
  kept: string;
  end: { how: string } | null;
  base64?: string | null;
};

const patience = { timeout: 20_000, interval: 20 };

const send = async ({ call }: Server, body: string, headers = {}, query = '?refused=keep') => {
  const response = await call('emitter', `/v1/events${query}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: response.status, ...((await response.json()) as { events?: unknown[] }) };
};
const listed = async ({ call }: Server, query = ''): Promise<Item[]> =>
  ((await (await call('operator', `/v1/refused${query}`)).json()) as { items: Item[] }).items;
const kept = (server: Server, count: number, query = ''): Promise<Item[]> =>
  vi.waitFor(async () => {
    const items = await listed(server, query);
    expect(items).toHaveLength(count);
    return items;
  }, patience);
const act = async ({ call }: Server, path: string, body: object = {}) => {
  const response = await call('operator', `/v1/refused/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as { events?: unknown[] }) };
};

/** Refused, since it has no success. */
const withoutSuccess = (change: object = {}): string => eventText({ ...change, success: undefined } as never);

describe('a refused item', () => {
  it('is kept, listed, counted by exports of its scope, sent again mended, and exported once', async () => {
    const server = await startServer();
    const bad = withoutSuccess({ id: undefined });
    const answer = await send(server, `[${eventText()},${bad}]`);
    expect(answer).toMatchObject({
      status: 200,
      accepted: 1,
      rejected: [{ index: 1, code: 'missing_member', path: '/success', kept: true }],
    });
    const [item] = await kept(server, 1);
    expect(item).toMatchObject({
      code: 'missing_member',
      path: '/success',
      scope_id: 'acme',
      bytes: Buffer.byteLength(bad),
      parts: 1,
      repeats: 0,
      kept: 'whole',
      end: null,
    });
    const before = await server.exportLog();
    expect(before.job).toMatchObject({ rows: 1, gaps: 0, refused: 1 });
    expect((await server.exportLog({ scope_id: 'other' })).job).toMatchObject({ refused: 0 });
    expect((await server.exportLog({ scope_id: undefined }, 'operator')).job).toMatchObject({ refused: 1 });

    expect(await act(server, `${item!.key}/resend`)).toMatchObject({
      status: 422,
      code: 'refused_again',
      rejected: [{ index: 0, code: 'missing_member', path: '/success' }],
    });
    await kept(server, 1);
    const mended = bad.replace(/}$/, ',"success":false}');
    const first = await act(server, `${item!.key}/resend`, { mended });
    expect(first).toMatchObject({ status: 200, mended: true, end: { how: 'resent' } });
    const again = await act(server, `${item!.key}/resend`, { mended });
    expect(again).toMatchObject({ status: 200, events: first.events });
    expect(await listed(server)).toEqual([]);
    const after = await server.exportLog();
    expect(after.job).toMatchObject({ rows: 2, duplicates: 1, conflicts: 0, gaps: 0, refused: 0 });
    expect(after.own.map(({ action }) => action)).toContain('audit_log.refused.resend');
  });
});
