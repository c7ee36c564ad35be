import { describe, expect, it } from 'vitest';
import { ApiProblem, type Problem } from '#web/api.ts';
import { type Embedded, Embedding, type Message } from '#web/embed.ts';

const origin = 'https://app.example.com';
const other = 'https://admin.example.com';
const foreign = 'https://evil.example';

/** A token as the server makes it; `n` tells two of them apart. */
const tokenOf = (more: object = {}, n = 0): string => {
  const claims = { scope_id: 'acme', sub: 'u-17', origin, iat: 1000, exp: 1300, ...more };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${n}`;
};
const withToken = (token: unknown) => ({ type: 'annals:token', token });
const revoked: Problem = { status: 403, code: 'not_an_admin', detail: 'Said so' };

/** A frame whose clock and messages are the test's. */
const openFrame = (origins: readonly string[] = [origin, other]) => {
  const posted: string[] = [];
  const states: Embedded[] = [];
  const listeners = new Set<(message: Message) => void>();
  const timers = new Set<{ atMs: number; run: () => void }>();
  let nowMs = 0;
  const holder = {
    postMessage: (message: { type: string }, target: string) => {
      expect(message).toEqual({ type: 'annals:ready' });
      posted.push(target);
    },
  };
  const embedding = new Embedding({
    origins,
    onChange: state => states.push(state),
    frame: {
      holder,
      listen: onMessage => {
        listeners.add(onMessage);
        return () => listeners.delete(onMessage);
      },
      later: (run, ms) => {
        const timer = { atMs: nowMs + ms, run };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
  });
  embedding.start();
  return {
    embedding,
    posted,
    states,
    listeners,
    timers,
    /** What was posted since the last time. */
    asked: () => posted.splice(0),
    post: (data: unknown, from: Partial<Message> = {}) => {
      for (const listener of listeners) listener({ source: holder, origin, data, ...from });
    },
    pass: (seconds: number) => {
      const untilMs = nowMs + seconds * 1000;
      for (;;) {
        const [next] = [...timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
        if (!next) break;
        timers.delete(next);
        nowMs = next.atMs;
        next.run();
      }
      nowMs = untilMs;
    },
  };
};

const isOut = (problem: Partial<Problem>) => ({ is: 'out', problem: expect.objectContaining(problem) });

describe('the page in a frame', () => {
  it('says to each configured origin, and to no other, that it is ready, less and less often', () => {
    const { asked, pass, states } = openFrame();
    expect(asked()).toEqual([origin, other]);
    pass(1);
    expect(asked()).toEqual([origin, other]);
    pass(2 + 4 + 8 + 16 + 32);
    expect(asked()).toHaveLength(10);
    pass(600);
    expect(asked()).toHaveLength(20);
    expect(states).toEqual([]);
  });

  it('takes a token of the window that holds it, and sends it with the origin that handed it over', () => {
    const { embedding, post, states, posted } = openFrame();
    expect(() => embedding.token()).toThrow(ApiProblem);
    expect(embedding.holderOrigin).toBeUndefined();
    post(withToken(tokenOf({ origin: other })), { origin: other });
    expect(embedding.token()).toBe(tokenOf({ origin: other }));
    expect(embedding.holderOrigin).toBe(other);
    expect(states).toEqual([
      {
        is: 'in',
        session: {
          role: 'admin',
          scope_id: 'acme',
          user_id: 'u-17',
          reason: null,
          expires_at: '1970-01-01T00:21:40.000Z',
          idle_expires_at: '1970-01-01T00:21:40.000Z',
        },
      },
    ]);
    expect(posted).not.toContain(foreign);
  });

  it.each<[string, Partial<Message>]>([
    ['a foreign origin', { origin: foreign }],
    ['an origin that is none', { origin: 'null' }],
    ['a sibling frame of a configured origin', { source: { postMessage: () => undefined } }],
    ['no window', { source: null }],
  ])('ignores a token of %s', (_, from) => {
    const { embedding, post, states } = openFrame();
    post(withToken(tokenOf({ origin: from.origin ?? origin })), from);
    expect(() => embedding.token()).toThrow('The token has ended');
    expect(states).toEqual([]);
  });

  it.each(['annals:token', null, 7, [], {}, { token: tokenOf() }, { type: 'webpackOk', token: tokenOf() }])(
    'ignores a message that is about something else: %j',
    data => {
      const { embedding, post, states } = openFrame();
      post(data);
      expect(() => embedding.token()).toThrow('The token has ended');
      expect(states).toEqual([]);
    },
  );

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a key', 'annals_key'],
    ['a token for another page', tokenOf({ origin: other })],
  ])('says so if it is handed %s in the place of a token', (_, token) => {
    const { embedding, post, states, pass, asked } = openFrame();
    post(withToken(token));
    expect(() => embedding.token()).toThrow('The token has ended');
    expect(states).toMatchObject([{ is: 'failed', problem: { code: 'invalid_token' } }]);
    // It goes on to ask.
    asked();
    pass(1);
    expect(asked()).toEqual([origin, other]);
    post(withToken(tokenOf()));
    post(withToken(token));
    expect(embedding.token()).toBe(tokenOf());
    expect(states.at(-1)).toMatchObject({ is: 'in' });
  });

  it('asks only the page that holds it for another token, a minute before the one in use ends', () => {
    const { embedding, post, asked, pass, states } = openFrame();
    post(withToken(tokenOf()));
    asked();
    pass(239);
    expect(asked()).toEqual([]);
    pass(1);
    expect(asked()).toEqual([origin]);
    const next = tokenOf({ iat: 1240, exp: 1540 });
    post(withToken(next));
    expect(embedding.token()).toBe(next);
    pass(239);
    expect(asked()).toEqual([]);
    expect(states.map(({ is }) => is)).toEqual(['in', 'in']);
  });

  it('asks for another in the middle of a short life, not at once', () => {
    const { post, asked, pass } = openFrame();
    post(withToken(tokenOf({ exp: 1060 })));
    asked();
    pass(29);
    expect(asked()).toEqual([]);
    pass(1);
    expect(asked()).toEqual([origin]);
  });

  it('shows nothing once the token has ended, asks on, and shows the log again', () => {
    const { embedding, post, asked, pass, states } = openFrame();
    post(withToken(tokenOf()));
    pass(300);
    expect(states.at(-1)).toEqual(isOut({ status: 401 }));
    expect(() => embedding.token()).toThrow('The token has ended');
    expect(embedding.holderOrigin).toBeUndefined();
    asked();
    pass(60);
    expect(asked()).toContain(origin);
    post(withToken(tokenOf({ iat: 1400, exp: 1700 })));
    expect(states.at(-1)).toMatchObject({ is: 'in' });
    pass(299);
    expect(states.at(-1)).toMatchObject({ is: 'in' });
  });

  it('takes no token of a second configured origin once one has handed one over', () => {
    const { embedding, post, asked, pass } = openFrame();
    post(withToken(tokenOf()));
    post(withToken(tokenOf({ origin: other, sub: 'u-2' })), { origin: other });
    expect(embedding.token()).toBe(tokenOf());
    pass(600);
    post(withToken(tokenOf({ origin: other, sub: 'u-2' })), { origin: other });
    expect(() => embedding.token()).toThrow('The token has ended');
    expect(asked()).not.toContain(foreign);
  });

  it('follows the page that holds it to another user', () => {
    const { post, states } = openFrame();
    post(withToken(tokenOf()));
    post(withToken(tokenOf({ sub: 'u-2', scope_id: 'globex' })));
    expect(states.at(-1)).toMatchObject({ is: 'in', session: { scope_id: 'globex', user_id: 'u-2' } });
  });

  it('drops a token that the server refuses, does not take it again, and asks less and less often', () => {
    const { embedding, post, asked, pass, states } = openFrame();
    post(withToken(tokenOf()));
    // Requests that were sent together are refused together.
    embedding.refuse(revoked);
    embedding.refuse({ ...revoked, status: 401 });
    expect(states.at(-1)).toEqual(isOut(revoked));
    expect(states).toHaveLength(2);
    post(withToken(tokenOf()));
    expect(() => embedding.token()).toThrow('The token has ended');
    asked();
    const pauses: number[] = [];
    for (let n = 1; n <= 4; n++) {
      let seconds = 0;
      while (asked().length === 0) {
        pass(1);
        seconds += 1;
      }
      pauses.push(seconds);
      post(withToken(tokenOf({}, n)));
      expect(states.at(-1)).toMatchObject({ is: 'in' });
      embedding.refuse(revoked);
    }
    for (const [n, seconds] of pauses.entries()) if (n > 0) expect(seconds).toBeGreaterThan(pauses[n - 1]!);
  });

  it('that comes back from the browser’s cache shows nothing until it has another token', () => {
    const { embedding, post, asked, states } = openFrame();
    post(withToken(tokenOf()));
    asked();
    embedding.restart();
    expect(states.at(-1)).toEqual(isOut({ status: 401 }));
    expect(asked()).toEqual([origin]);
  });

  it('listens to nothing and asks nothing once it is stopped', () => {
    const { embedding, post, listeners, timers } = openFrame();
    post(withToken(tokenOf()));
    embedding.stop();
    expect(listeners.size).toBe(0);
    expect(timers.size).toBe(0);
    expect(() => embedding.token()).toThrow('The token has ended');
  });
});
