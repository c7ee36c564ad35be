import { describe, expect, it } from 'vitest';
import { anEvent, type Line, openClient, startService, stored } from '#test/support/audit-log-service.ts';

const problem = (status: number, body: object = {}, headers: Record<string, string> = {}) => ({
  status,
  body: { code: 'x', ...body },
  headers: { 'content-type': 'application/problem+json', ...headers },
});

describe('what the service did not store', () => {
  it('is sent again, and nothing else is', async () => {
    const { url, requests, kept } = await startService((lines, request) =>
      request === 1
        ? problem(503, {
            code: 'not_stored',
            events: [{ index: 0 }, { index: 3 }],
            rejected: [{ index: 1, code: 'invalid_id', path: '/id', message: 'no' }],
            not_stored: [{ index: 2 }, { index: 4 }],
          })
        : stored(lines),
    );
    const { log, refused, unavailable } = openClient(url);
    const ids = Array.from({ length: 5 }, (_, n) => log.record(anEvent(n)).id);
    await log.flush();
    expect(requests.map(({ lines }) => lines.map(({ id }) => id))).toEqual([ids, [ids[2], ids[4]]]);
    expect(requests[1]!.lines[0]).toEqual(requests[0]!.lines[2]);
    expect([...kept.keys()].sort()).toEqual([ids[0], ids[2], ids[3], ids[4]].sort());
    expect(refused).toMatchObject([
      { id: ids[1], action: 'context.create', code: 'invalid_id', path: '/id' },
    ]);
    expect(JSON.parse(refused[0]!.line!)).toMatchObject({ id: ids[1] });
    expect(unavailable).toMatchObject([{ tries: 1, message: 'The service answered 503 (not_stored)' }]);
  });

  it.each<[string, (lines: Line[]) => ReturnType<typeof problem> | 'cut' | 'hang']>([
    ['the connection is cut', () => 'cut'],
    ['nobody answers', () => 'hang'],
    ['the service fails', () => problem(500)],
    ['the service starts', () => problem(503, { code: 'starting' })],
    ['it is asked too often', () => problem(429, {}, { 'retry-after': '0' })],
    ['the token is not known', () => problem(401)],
    [
      'a gateway refuses',
      () => ({ status: 403, body: '<html>' as never, headers: { 'content-type': 'text/html' } }),
    ],
    ['another status speaks of events', lines => problem(404, stored(lines).body as object)],
  ])('is kept and sent again where %s', async (_, first) => {
    const { url, kept } = await startService((lines, request) =>
      request <= 2 ? first(lines) : stored(lines),
    );
    const { log, refused, unavailable } = openClient(url, { requestTimeoutMs: 100 });
    const ids = [log.record(anEvent()).id, log.record(anEvent()).id];
    await log.flush();
    expect([...kept.keys()].sort()).toEqual([...ids].sort());
    expect(refused).toEqual([]);
    expect(unavailable.length).toBeGreaterThan(0);
  });

  it('waits as long as the service says', async () => {
    const { url } = await startService((lines, request) =>
      request === 1 ? problem(503, {}, { 'retry-after': '1' }) : stored(lines),
    );
    const { log, unavailable } = openClient(url);
    log.record(anEvent());
    await log.flush();
    expect(unavailable).toMatchObject([{ nextTryInMs: 1000 }]);
  });

  it('waits for a limit of its key, and loses and refuses nothing', async () => {
    const { url, kept, requests } = await startService((lines, request) =>
      request <= 2 ? problem(429, { code: 'rate_limited' }, { 'retry-after': '1' }) : stored(lines),
    );
    const { log, refused, unavailable } = openClient(url);
    const ids = Array.from({ length: 50 }, (_, n) => log.record(anEvent(n)).id);
    await log.flush();
    expect([...kept.keys()].sort()).toEqual([...ids].sort());
    expect(refused).toEqual([]);
    expect(unavailable).toMatchObject([{ nextTryInMs: 1000 }, { nextTryInMs: 1000 }]);
    expect(unavailable[0]!.message).toBe('The service answered 429 (rate_limited)');
    expect(requests).toHaveLength(3);
  });

  it('does not wait for days, whatever the service says', async () => {
    const { url } = await startService(() => problem(503, {}, { 'retry-after': '86400' }));
    const { log, unavailable } = openClient(url);
    log.record(anEvent());
    expect(await log.close({ timeoutMs: 200 })).toEqual({ left: 1 });
    expect(unavailable).toMatchObject([{ nextTryInMs: 300_000 }]);
  });

  it('is halved if a request is too large, and a single event that is too large is refused', async () => {
    const { url, kept } = await startService(lines =>
      lines.length > 3 || lines.some(({ target }) => (target as { id: string }).id === 'c-5')
        ? problem(413, { code: 'body_too_large', detail: 'too large' })
        : stored(lines),
    );
    const { log, refused } = openClient(url);
    const ids = Array.from({ length: 8 }, (_, n) => log.record(anEvent(n)).id);
    await log.flush();
    expect([...kept.keys()].sort()).toEqual(ids.filter((_, n) => n !== 5).sort());
    expect(refused).toMatchObject([{ id: ids[5], code: 'body_too_large', message: 'too large' }]);
  });

  it('is refused beyond the bound, each event by name, and taken again once there is room', async () => {
    let isAway = true;
    const { url, kept } = await startService(lines => (isAway ? problem(503) : stored(lines)));
    const { log, refused } = openClient(url, { maxBufferedBytes: 1000 });
    const all = Array.from({ length: 20 }, (_, n) => log.record(anEvent(n)));
    const taken = all.filter(({ isTaken }) => isTaken).map(({ id }) => id);
    expect(taken.length).toBeGreaterThan(2);
    expect(taken.length).toBeLessThan(10);
    expect(refused.map(({ id }) => id)).toEqual(all.filter(({ isTaken }) => !isTaken).map(({ id }) => id));
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['buffer_full']));
    isAway = false;
    await log.flush();
    expect(log.record(anEvent()).isTaken).toBe(true);
    await log.flush();
    expect(kept.size).toBe(taken.length + 1);
  });
});
