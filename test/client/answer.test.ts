import { describe, expect, it } from 'vitest';
import {
  anEvent,
  type Line,
  openClient,
  type Scripted,
  startService,
  stored,
} from '#test/support/audit-log-service.ts';

const json = { 'content-type': 'application/json' };
const answer = (status: number, body: unknown, headers: Record<string, string> = json): Scripted => ({
  status,
  body,
  headers,
});
const listed = (lines: readonly Line[]) => (stored(lines).body as { events: { index: number }[] }).events;

describe('an answer that is of something else than the events that were sent', () => {
  it.each<[string, (lines: Line[]) => Scripted, string]>([
    ['null', () => answer(202, 'null'), 'JSON that is not an object'],
    ['a list', () => answer(202, '[]'), 'JSON that is a list'],
    ['a number of events', () => answer(202, { events: 2 }), '"events" that is no list'],
    ['a number of refusals', () => answer(207, { rejected: 'x' }), '"rejected" that is no list'],
    ['entries that are none', () => answer(202, { events: [null, 1] }), 'an entry that is not an object'],
    ['nothing at all', () => answer(202, ''), 'an empty body'],
    ['no content', () => ({ status: 204 }), 'an empty body'],
    ['an object of something else', () => answer(200, { ok: true }), 'what became of 0 of 2 events'],
    [
      'a page of a proxy',
      () => answer(200, '<html>Sign in</html>', { 'content-type': 'text/html' }),
      'content of the type "text/html"',
    ],
    ['a page that says it is JSON', () => answer(200, '<html>'), 'content that is not JSON'],
    [
      'JSON that says it is a text',
      lines => answer(202, stored(lines).body, { 'content-type': 'text/plain' }),
      'content of the type "text/plain"',
    ],
    [
      'fewer events',
      lines => answer(202, { events: listed(lines).slice(1) }),
      'what became of 1 of 2 events',
    ],
    [
      'more events',
      lines => answer(202, { events: listed([...lines, ...lines]) }),
      '"events" with an index outside its 2 events',
    ],
    [
      'one event twice',
      () => answer(202, { events: [{ index: 0 }, { index: 0 }] }),
      'the event at index 0 twice',
    ],
    [
      'one event as stored and refused',
      () => answer(207, { events: [{ index: 0 }, { index: 1 }], rejected: [{ index: 1, code: 'x' }] }),
      'the event at index 1 twice',
    ],
    [
      'an index that is a text',
      () => answer(202, { events: [{ index: '0' }, { index: 1 }] }),
      'with an index',
    ],
    ['an index below none', () => answer(202, { events: [{ index: -1 }, { index: 0 }] }), 'with an index'],
    [
      'a refusal without a code',
      () => answer(207, { events: [{ index: 0 }], rejected: [{ index: 1 }] }),
      'an entry without a code',
    ],
    [
      'no end',
      () => answer(202, JSON.stringify({ events: [], more: 'x'.repeat(9 * 1024 * 1024) })),
      'more than 8388608 bytes',
    ],
  ])('settles nothing, and is said to be what it is: %s', async (_, script, fault) => {
    const { url, requests, kept } = await startService((lines, request) =>
      request === 1 ? script(lines) : stored(lines),
    );
    const { log, refused, unavailable } = openClient(url);
    const ids = [log.record(anEvent()).id, log.record(anEvent()).id];
    await log.flush();
    expect(requests.map(({ lines }) => lines.map(({ id }) => id))).toEqual([ids, ids]);
    expect([...kept.keys()].sort()).toEqual(ids.sort());
    expect(refused).toEqual([]);
    expect(unavailable).toMatchObject([{ tries: 1, message: expect.stringContaining(fault) }]);
    expect(unavailable[0]!.message).toMatch(/^The service answered 20\d, but not what became/);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an object of something else', {}],
  ])('is kept and sent again if what fetches gives %s', async (_, given) => {
    const { url, kept } = await startService();
    let calls = 0;
    const { log, refused, unavailable } = openClient(url, {
      fetch: (async (...of: Parameters<typeof fetch>) => (++calls === 1 ? given : fetch(...of))) as never,
    });
    log.record(anEvent());
    await log.flush();
    expect(kept.size).toBe(1);
    expect(refused).toEqual([]);
    expect(unavailable).toHaveLength(1);
  });

  it.each<[string, () => never]>([
    [
      'null',
      () => {
        throw null;
      },
    ],
    [
      'a text',
      () => {
        throw 'text';
      },
    ],
    [
      'what throws itself',
      () => {
        throw new Proxy(
          {},
          {
            get() {
              throw null;
            },
          },
        );
      },
    ],
  ])('is kept and sent again if what authorizes throws %s', async (_, fail) => {
    const { url, kept } = await startService();
    let calls = 0;
    const { log, refused, unavailable } = openClient(url, {
      authorize: (() => (++calls === 1 ? fail() : {})) as never,
    });
    log.record(anEvent());
    await log.flush();
    expect(kept.size).toBe(1);
    expect(refused).toEqual([]);
    expect(unavailable).toMatchObject([{ message: expect.not.stringContaining('backlog') }]);
  });

  it('is not waited for longer than a request may take, whether server or credentials hang', async () => {
    const { url, kept } = await startService();
    let calls = 0;
    const never = new Promise<never>(() => undefined);
    const { log, unavailable } = openClient(url, {
      requestTimeoutMs: 200,
      authorize: () => (++calls === 1 ? never : Promise.resolve({})),
      fetch: ((...of: Parameters<typeof fetch>) => (calls === 2 ? never : fetch(...of))) as never,
    });
    log.record(anEvent());
    await log.flush();
    expect(kept.size).toBe(1);
    expect(unavailable.slice(0, 2).map(({ message }) => message)).toEqual(
      Array.from({ length: 2 }, () => 'The service did not answer within 200 ms'),
    );
  });
});

describe('a good answer', () => {
  it.each([200, 202, 207])('says what was refused and what was stored, as %i', async status => {
    const { url, requests } = await startService(() =>
      answer(status, {
        events: [{ index: 0 }],
        rejected: [{ index: 1, code: 'invalid_id', path: '/id', message: 'no', kept: true }],
      }),
    );
    const { log, refused } = openClient(url);
    const ids = [log.record(anEvent()).id, log.record(anEvent()).id];
    await log.flush();
    expect(requests).toHaveLength(1);
    expect(refused).toMatchObject([{ id: ids[1], code: 'invalid_id', path: '/id', message: 'no' }]);
  });

  it('warns of events that it stored', async () => {
    const { url } = await startService(lines =>
      answer(202, {
        events: lines.map((_, index) => ({
          index,
          ...(index === 1
            ? {
                warnings: [
                  { code: 'truncated', path: '/payload', message: 'cut', count: 2 },
                  { code: 'no_scope', path: '/scope', message: 'nobody sees it' },
                  'none',
                ],
              }
            : {}),
        })),
        warnings_left_out: 3,
      }),
    );
    const { log, warned, refused } = openClient(url);
    const [, { id }] = [log.record(anEvent()), log.record(anEvent())];
    await log.flush();
    expect(refused).toEqual([]);
    expect(warned).toEqual([
      { id, action: 'context.create', code: 'truncated', path: '/payload', message: 'cut', count: 2 },
      { id, action: 'context.create', code: 'no_scope', path: '/scope', message: 'nobody sees it' },
      expect.objectContaining({ id: '', code: 'warnings_left_out', count: 3 }),
    ]);
  });
});
