import { describe, expect, it, vi } from 'vitest';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

type Server = Awaited<ReturnType<typeof startServer>>;
type Item = Api<'RefusedSummary'> & Partial<Api<'RefusedItem'>>;

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
  it('is kept, listed, counted by exports of its scope, resent with a fix, and exported once', async () => {
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

  it('that is a whole body is fixed into its events, of which all or none are sent', async () => {
    const server = await startServer();
    const body = `[${eventText({ id: undefined })},${eventText({ id: undefined })}`;
    expect(await send(server, body)).toMatchObject({ status: 200, rejected: [{ index: null, kept: true }] });
    const [item] = await kept(server, 1);
    expect(item).toMatchObject({ code: 'invalid_json', scope_id: null });
    expect((await server.exportLog()).job).toMatchObject({ rows: 0, refused: 0 });
    const shown = (await (await server.call('operator', `/v1/refused/${item!.key}`)).json()) as Item;
    expect(Buffer.from(shown.base64!, 'base64').toString()).toBe(body);
    const half = Buffer.from(`[${eventText()},{}]`).toString('base64');
    expect(await act(server, `${item!.key}/resend`, { mended_base64: half })).toMatchObject({ status: 422 });
    expect((await server.exportLog()).job).toMatchObject({ rows: 0 });
    const mended_base64 = Buffer.from(`${body}]`).toString('base64');
    const { events } = await act(server, `${item!.key}/resend`, { mended_base64 });
    expect(events).toHaveLength(2);
    const { job, own, rows } = await server.exportLog();
    expect(job).toMatchObject({ rows: 2, refused: 0 });
    expect(own.map(({ action }) => action)).toContain('audit_log.refused.resend');
    expect(rows.map(({ id }) => id).sort()).toEqual((events as { id: string }[]).map(({ id }) => id).sort());
    const installation = await server.exportLog({ scope_id: undefined }, 'operator');
    expect(installation.own.map(({ action }) => action)).toContain('audit_log.refused.show');
  });

  it('without id, time or request is sent again with the time and the request of its first time', async () => {
    const server = await startServer();
    const bad = withoutSuccess({ id: undefined, occurred_at: undefined, request: undefined });
    await send(server, bad);
    const [item] = await kept(server, 1);
    const { received_at } = item as unknown as { received_at: string };
    await act(server, `${item!.key}/resend`, { mended: bad.replace(/}$/, ',"success":true}') });
    const { rows } = await server.exportLog();
    expect(rows).toMatchObject([{ occurred_at: received_at }]);
    expect(JSON.parse(rows[0]!.request)).toMatchObject({ ip_address: '127.0.0.1' });
  });

  it('is counted by when it occurred, and no longer once it is dismissed', async () => {
    const server = await startServer();
    await send(server, withoutSuccess({ occurred_at: '2026-01-15T12:00:00Z' }));
    const [item] = await kept(server, 1, '?scope_id=acme');
    const refused = async (from?: string, to?: string) =>
      (await server.exportLog({ ...(from ? { from } : {}), ...(to ? { to } : {}) })).job.refused;
    expect(await refused('2026-01-15', '2026-01-16')).toBe(1);
    expect(await refused('2026-01-16')).toBe(0);
    expect(await refused(undefined, '2026-01-15')).toBe(0);
    expect(await act(server, `${item!.key}/dismiss`)).toMatchObject({ status: 400 });
    expect(await act(server, `${item!.key}/dismiss`, { reason: 'a test' })).toMatchObject({ status: 200 });
    expect(await act(server, `${item!.key}/resend`)).toMatchObject({ status: 409, code: 'refused_ended' });
    expect(await refused()).toBe(0);
  });

  it('is found by scope, sender and code, a page at a time', async () => {
    const server = await startServer();
    const lines = Array.from({ length: 60 }, (_, n) => withoutSuccess({ payload: { n } }));
    await send(server, `${lines.join('\n')}\n{`, { 'content-type': 'application/x-ndjson' });
    await kept(server, 50);
    const keys = new Set<string>();
    await vi.waitFor(async () => {
      let cursor: string | null = '';
      keys.clear();
      while (cursor !== null) {
        const page: Response = await server.call(
          'operator',
          `/v1/refused?cursor=${cursor}`.replace(/\?cursor=$/, ''),
        );
        const told = (await page.json()) as { items: Item[]; cursor: string | null };
        for (const { key } of told.items) keys.add(key);
        cursor = told.cursor;
      }
      expect(keys.size).toBe(61);
    }, patience);
    expect(await listed(server, '?scope_id=nobody')).toEqual([]);
    expect(await listed(server, '?sender=nobody')).toEqual([]);
    expect((await server.call('support', '/v1/refused')).status).toBe(403);
  });

  it('is purged: its bytes are gone, it no longer counts, and the same sent again is kept again', async () => {
    const server = await startServer();
    expect(await send(server, withoutSuccess())).toMatchObject({ status: 200 });
    const [item] = await kept(server, 1);
    const reason = 'It held a password';
    expect(await act(server, 'purge', { reason })).toMatchObject({ status: 400 });
    expect(await act(server, 'purge', { reason, sender: 'nobody' })).toMatchObject({
      purged: 0,
      cursor: null,
    });
    expect(await act(server, 'purge', { reason, sender: item!.sender })).toMatchObject({ purged: 1 });
    expect(await act(server, 'purge', { reason, key: item!.key })).toMatchObject({ purged: 0 });
    const shown = (await (await server.call('operator', `/v1/refused/${item!.key}`)).json()) as Item;
    expect(shown).toMatchObject({ kept: 'deleted', base64: null, path: null, end: { how: 'purged' } });
    expect((await server.exportLog()).job).toMatchObject({ refused: 0 });
    expect(await send(server, withoutSuccess())).toMatchObject({ status: 200 });
    expect(await kept(server, 1)).toMatchObject([{ key: item!.key, repeats: 1, kept: 'whole', end: null }]);
  });

  it('makes health say so, and is counted by tick', async () => {
    const server = await startServer({ tickMs: 100, refusedBytes: 1500 });
    await send(server, withoutSuccess());
    await vi.waitFor(async () => {
      const health = (await (await server.call(undefined, '/healthz')).json()) as {
        problems?: { code: string }[];
      };
      expect(health.problems?.map(({ code }) => code)).toContain('refused_items');
    }, patience);
    expect(await send(server, withoutSuccess({ payload: { n: 1 } }))).toMatchObject({
      status: 422,
      rejected: [{ kept: false }],
      not_stored: [{ index: 0 }],
    });
  });
});
