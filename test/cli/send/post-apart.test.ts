import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connectionOver, NoAnswer, type Request } from '#cli/connection.ts';
import { postApart } from '#cli/send/post-apart.ts';
import { eventsDoor } from '#cli/send/post-events.ts';

type Answer = { status: number; body?: unknown; text?: string; headers?: Record<string, string> };

/** A service that answers a request by its lines; it notes what it took. */
const service = (answer: (lines: string[]) => Answer | Error | undefined) => {
  const taken: string[] = [];
  let requests = 0;
  const connection = connectionOver({
    urlOfLink: link => link,
    async fetch(_, { body = '' }: Request = {}) {
      requests++;
      const lines = Buffer.from(body).toString().split('\n');
      const given = answer(lines);
      if (given instanceof Error) throw given;
      if (given) return new Response(given.text ?? JSON.stringify(given.body ?? {}), given);
      taken.push(...lines);
      const events = lines.map((line, index) => ({ index, id: line, occurred_at: 't' }));
      return Response.json({ accepted: lines.length, events, rejected: [] }, { status: 202 });
    },
  });
  const send = (lines: readonly string[], hasSucceeded = false) =>
    postApart(
      eventsDoor(connection),
      lines.map(line => Buffer.from(line)),
      hasSucceeded,
    );
  return { send, taken, requests: () => requests };
};

const many = Array.from({ length: 60 }, (_, n) => `line ${n}`);
const hangUp = (reason: string) =>
  new NoAnswer('the server', Object.assign(new Error(reason), { cause: { code: reason } }));

describe('lines of which some are poison', () => {
  // The pause before a retry is a random part of its bound; here it is none.
  beforeEach(() => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0);
    onTestFinished(() => random.mockRestore());
  });

  it.each<[string, Answer | Error]>([
    ['400', { status: 400, body: { code: 'bad_request', detail: 'no' } }],
    ['403 of a firewall', { status: 403, text: '<html>Forbidden</html>' }],
    ['404', { status: 404, text: 'nothing here' }],
    ['413', { status: 413, body: { code: 'body_too_large', detail: 'too large' } }],
    ['422 that speaks of no event', { status: 422, body: { code: 'no_valid_event', detail: 'no' } }],
    ['500', { status: 500, body: { code: 'internal_error', detail: 'no' } }],
    ['a connection that is hung up', hangUp('ECONNRESET')],
    ['200 of another service', { status: 200, text: '<html>Log in</html>' }],
    ['204', { status: 202, text: '' }],
  ])(
    'are set apart, and all others are sent once, for %s',
    async (_, answer) => {
      const poison = ['line 7', 'line 8', 'line 59'];
      const { send, taken } = service(lines =>
        lines.some(line => poison.includes(line)) ? answer : undefined,
      );
      const { accepted, rejected, hopeless } = await send(many);
      expect(hopeless).toBeUndefined();
      expect([...taken].sort()).toEqual(many.filter(line => !poison.includes(line)).sort());
      expect(accepted.every(({ index, id }) => many[index] === id)).toBe(true);
      expect(accepted).toHaveLength(57);
      expect(rejected.map(({ index }) => index).sort((a, b) => a - b)).toEqual([7, 8, 59]);
      expect(rejected[0]!.code).toMatch(/^[a-z]+_\w+$/);
    },
    120_000,
  );

  it('are not it if everything gets the same answer: it gives up soon, and says what is left', async () => {
    const { send, requests } = service(() => ({ status: 403, text: 'Forbidden' }));
    const { hopeless, rejected } = await send(many, true);
    expect(hopeless?.stuck).toMatchObject({
      code: 'http_403',
      message: 'The server responded 403: Forbidden',
    });
    expect(hopeless?.left).toHaveLength(60);
    expect(rejected).toEqual([]);
    expect(requests()).toBeLessThan(12);
  });

  it('are not it if the service has never taken anything, in a file of a few lines too', async () => {
    const { send } = service(() => ({ status: 404, text: '' }));
    expect((await send(['a', 'b'])).hopeless?.left).toEqual([0, 1]);
    // After it has, the same lines are to blame.
    expect((await send(['a', 'b'], true)).rejected).toHaveLength(2);
  });

  it.each<[string, Answer | Error, string]>([
    ['the token is not known', { status: 401, body: { code: 'unauthorized', detail: 'no' } }, 'the caller'],
    ['the role may not', { status: 403, body: { code: 'forbidden', detail: 'no' } }, 'the caller'],
  ])('are not looked for if %s', async (_, answer, about) => {
    const { send, requests } = service(() => answer);
    expect((await send(many)).hopeless).toMatchObject({ stuck: { about }, left: { length: 60 } });
    expect(requests()).toBe(1);
  });

  it('are not searched for while the service does not respond', async () => {
    const { send, requests } = service(() => hangUp('ECONNREFUSED'));
    expect((await send(many)).hopeless).toMatchObject({ stuck: { about: 'the service' } });
    expect(requests()).toBe(7);
  });

  it('does not resend events that were answered, and resends the others until they are stored', async () => {
    let tries = 0;
    const { send, taken } = service(lines => {
      if (++tries > 2) return undefined;
      const events = [{ index: 0, id: lines[0]!, occurred_at: 't' }];
      taken.push(lines[0]!);
      return {
        status: 503,
        body: {
          accepted: 1,
          events,
          rejected: [{ index: 1, code: 'invalid_type', path: '/x', message: 'm' }],
          not_stored: lines.slice(2).map((_, at) => ({ index: at + 2 })),
        },
      };
    });
    const { accepted, rejected, hopeless } = await send(many);
    expect(hopeless).toBeUndefined();
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'invalid_type'],
      [3, 'invalid_type'],
    ]);
    expect(new Set(taken).size).toBe(taken.length);
    expect(accepted).toHaveLength(58);
  });

  it.each([200, 201, 202, 207])('takes %i as it takes every success, with what it refused', async status => {
    const refusal = { index: 1, code: 'invalid_type', path: '/x', message: 'm' };
    for (const body of [{ accepted: 2, rejected: [refusal] }, { rejected: [refusal] }]) {
      const { send } = service(() => ({ status, body }));
      const { accepted, rejected, hopeless } = await send(['a', 'b', 'c']);
      expect(hopeless).toBeUndefined();
      expect(accepted.map(({ index }) => index)).toEqual([0, 2]);
      expect(rejected).toEqual([refusal]);
    }
  });
});
