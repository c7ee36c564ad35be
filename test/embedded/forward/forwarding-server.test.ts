import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startForwarding } from '#embedded/forward/forwarding-server.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

describe('the server of an installation that has moved', () => {
  it('acknowledges only what the stack does, and says of all else that it has moved', async () => {
    const { data, stop } = await startServer();
    await stop();
    let answer: () => Promise<Response> = async () =>
      Response.json({ accepted: 1, events: [], rejected: [] }, { status: 202 });
    const server = await startForwarding({
      data,
      stack: 'Annals',
      send: () => answer(),
      log: () => undefined,
    });
    const keys = JSON.parse(readFileSync(join(data, 'keys.json'), 'utf8')) as Record<string, string>;
    const post = async (token: string) => {
      const response = await fetch(`${server.url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: eventText(),
      });
      return [response.status, ((await response.json()) as { code?: string }).code];
    };
    const health = async () => (await fetch(`${server.url}/healthz`)).status;
    try {
      expect(await post(keys.emitter!)).toEqual([202, undefined]);
      expect(await post(keys.support!)).toEqual([403, 'forbidden']);
      answer = () => Promise.reject(new Error('ECONNREFUSED'));
      expect(await post(keys.emitter!)).toEqual([503, 'stream_unavailable']);
      expect(await health()).toBe(503);
      answer = async () => Response.json({ Message: 'Forbidden' }, { status: 403 });
      expect(await post(keys.emitter!)).toEqual([503, 'stream_unavailable']);
      answer = async () => Response.json({ code: 'no_valid_event' }, { status: 422 });
      expect(await post(keys.emitter!)).toEqual([422, 'no_valid_event']);
      expect(await health()).toBe(200);
      const gone = await fetch(`${server.url}/v1/exports`);
      expect([gone.status, await gone.json()]).toMatchObject([410, { code: 'moved' }]);
    } finally {
      await server.stop();
    }
  });
});
