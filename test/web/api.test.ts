import { describe, expect, it } from 'vitest';
import { ApiProblem, PageApi, type Problem, sleep } from '#web/api.ts';

type Reply = { status: number; body?: string; headers?: Record<string, string> } | Error;
const ok: Reply = { status: 200, body: '{"n":1}' };
const no = (status: number, code: string): Reply => ({
  status,
  body: JSON.stringify({ code, detail: 'Said so' }),
});

const open = (replies: Reply[], token?: () => string | undefined, embedder?: () => string | undefined) => {
  const asked: { url: string; init: RequestInit }[] = [];
  const pauses: number[] = [];
  const refused: Problem[] = [];
  const away: boolean[] = [];
  const api = new PageApi({
    base: '/audit/',
    token,
    embedder,
    random: () => 1,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      pauses.push(ms);
    },
    onRefused: problem => refused.push(problem),
    onAway: isAway => away.push(isAway),
    fetch: async (url, init) => {
      asked.push({ url, init });
      const reply = replies[asked.length - 1] ?? replies.at(-1)!;
      if (reply instanceof Error) throw reply;
      return new Response(reply.body ?? null, { status: reply.status, headers: reply.headers ?? {} });
    },
  });
  return { api, asked, pauses, refused, away };
};
const problemOf = async (asked: Promise<unknown>): Promise<Problem> => {
  const error = await asked.catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiProblem);
  return (error as ApiProblem).problem;
};

describe('a request of the page', () => {
  it('has the header of the page, a relative URL, and what is asked in its body', async () => {
    const { api, asked } = open([ok]);
    expect(await api.ask('POST', 'v1/events/search', { body: { scope_id: 'acme', q: 'x' } })).toEqual({
      n: 1,
    });
    const [{ url, init }] = asked as [(typeof asked)[number]];
    expect(url).toBe('/audit/v1/events/search');
    expect(init).toMatchObject({
      method: 'POST',
      body: '{"scope_id":"acme","q":"x"}',
      credentials: 'same-origin',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      headers: { 'x-annals-page': '1', 'content-type': 'application/json' },
    });
    expect(init.headers).not.toHaveProperty('authorization');
  });

  it('with a token sends that, and no cookie', async () => {
    const { api, asked } = open([ok], () => 't');
    await api.text('GET', 'v1/session');
    expect(asked[0]!.init).toMatchObject({ credentials: 'omit', headers: { authorization: 'Bearer t' } });
  });

  it('in a frame names the page that holds it, and never has a cookie', async () => {
    const origin = 'https://app.example.com';
    const framed = open(
      [ok],
      () => 't',
      () => origin,
    );
    await framed.api.text('POST', 'v1/events/search');
    expect(framed.asked[0]!.init).toMatchObject({
      credentials: 'omit',
      headers: { authorization: 'Bearer t', 'x-annals-embedder': origin },
    });
    const none = (): undefined => undefined;
    const early = open([ok], none, none);
    await early.api.text('GET', 'config.json');
    expect(early.asked[0]!.init.credentials).toBe('omit');
    expect(early.asked[0]!.init.headers).not.toHaveProperty('x-annals-embedder');
  });

  it('that the server has no right for tells the page before it fails', async () => {
    for (const [status, code] of [
      [401, 'unauthorized'],
      [403, 'not_an_admin'],
      [403, 'forbidden'],
    ] as const) {
      const { api, asked, refused } = open([no(status, code)]);
      expect(await problemOf(api.text('GET', 'v1/x'))).toEqual({ status, code, detail: 'Said so' });
      expect(refused).toEqual([{ status, code, detail: 'Said so' }]);
      expect(asked).toHaveLength(1);
    }
    const { api, refused } = open([no(403, 'link_expired')]);
    await problemOf(api.text('GET', 'v1/x'));
    expect(refused).toEqual([]);
  });

  it('is repeated while the server is away, with growing pauses, and the page is told', async () => {
    const { api, asked, pauses, away } = open([
      new TypeError('Failed to fetch'),
      no(503, 'starting'),
      { ...no(503, 'starting'), headers: { 'retry-after': '3' } } as Reply,
      ok,
    ]);
    expect(await api.ask('GET', 'v1/session')).toEqual({ n: 1 });
    expect(asked).toHaveLength(4);
    expect(pauses).toEqual([500, 1000, 3000]);
    expect(away).toEqual([true, false]);
  });

  it('fails after some attempts, and never waits long', async () => {
    const { api, pauses, away } = open([{ ...no(503, 'x'), headers: { 'retry-after': '9999' } } as Reply]);
    expect((await problemOf(api.text('GET', 'v1/x'))).code).toBe('x');
    expect(pauses).toHaveLength(6);
    expect(Math.max(...pauses)).toBe(30_000);
    expect(away).toEqual([true]);
  });

  it('that came too soon is repeated later, and the server is not said to be away', async () => {
    const tooMany = { ...no(429, 'too_many_requests'), headers: { 'retry-after': '2' } } as Reply;
    const { api, pauses, away } = open([tooMany, no(503, 'starting'), tooMany, ok]);
    expect(await api.ask('POST', 'v1/events/search', { body: {} })).toEqual({ n: 1 });
    expect(pauses).toEqual([2000, 1000, 2000]);
    expect(away).toEqual([true, false]);
  });

  it('for a wrong login link is asked once, and ends no session', async () => {
    for (const reply of [no(401, 'invalid_login'), no(429, 'too_many_attempts')]) {
      const { api, asked, refused, away } = open([reply]);
      await problemOf(api.text('POST', 'v1/session/link', { body: { login: 'x' } }));
      expect(asked).toHaveLength(1);
      expect(refused).toEqual([]);
      expect(away).toEqual([]);
    }
    const { api, asked } = open([no(503, 'starting'), ok]);
    await api.text('POST', 'v1/session/link', { body: { login: 'x' } });
    expect(asked).toHaveLength(2);
  });

  it('that has an effect is not repeated, unless it has a key', async () => {
    const { api, asked } = open([new TypeError('Failed to fetch')]);
    expect(await problemOf(api.text('POST', 'v1/exports', { body: {} }))).toEqual({
      status: 0,
      code: 'away',
      detail: 'Failed to fetch',
    });
    expect(asked).toHaveLength(1);
    await problemOf(api.text('POST', 'v1/exports', { headers: { 'idempotency-key': 'k' } }));
    expect(asked).toHaveLength(8);
  });

  it('that is aborted fails with the reason, and is not repeated', async () => {
    const { api, asked } = open([new TypeError('aborted')]);
    const controller = new AbortController();
    controller.abort(new Error('Left'));
    await expect(api.text('GET', 'v1/x', { signal: controller.signal })).rejects.toThrow('Left');
    expect(asked).toHaveLength(1);
  });

  it('that something else answered has a problem too', async () => {
    for (const body of ['<html>', '{}', 'null', '{"code":7}'])
      expect(await problemOf(open([{ status: 400, body }]).api.text('GET', 'v1/x')), body).toMatchObject({
        status: 400,
        code: 'unexpected_answer',
      });
  });
});

describe('a pause', () => {
  it('ends early when it is aborted', async () => {
    const controller = new AbortController();
    const pause = sleep(3_600_000, controller.signal);
    controller.abort(new Error('Left'));
    await expect(pause).rejects.toThrow('Left');
    await expect(sleep(3_600_000, controller.signal)).rejects.toThrow('Left');
    await sleep(0, new AbortController().signal);
  });
});
