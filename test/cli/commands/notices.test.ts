import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { annals } from '#test/support/annals.ts';

const notice = {
  id: '5c9d1320-0000-4000-8000-000000000000',
  status: 'waiting',
  export_id: 'd65ee1a0-0000-4000-8000-000000000000',
  subject: 'The export of acme succeeded',
  since: '2026-11-26T02:00:00.000000000Z',
  attempts: 3,
  next_attempt_at: '2026-11-26T03:00:00.000000000Z',
  last_reason: 'The webhook answered 500',
};

/** A service with these notices, which notes what it is asked. */
const listen = async (notices: readonly object[]) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url!.endsWith('/dismiss')) return void response.writeHead(204).end();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(request.method === 'GET' ? { notices, cursor: null } : notice));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, run: (...args: string[]) => annals(['notices', ...args, '--url', url, '--token', 't']) };
};

describe('annals notices', () => {
  it('lists undelivered notices, with the time of the next attempt and the last error', async () => {
    const undelivered = { ...notice, status: 'undelivered', next_attempt_at: null };
    const { run } = await listen([notice, undelivered]);
    const { code, out } = await run();
    expect(code).toBe(0);
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(out).toContain(notice.id);
    expect(out).toContain('2026-11-26 03:00:00');
    expect(out).toContain('undelivered');
    expect(out.replaceAll(/\s+/g, ' ')).toContain('The webhook answered 500');
    expect(JSON.parse((await run('--json')).out)).toEqual([notice, undelivered]);
  });

  it('says that there are no rows', async () => {
    const { run } = await listen([]);
    expect(await run()).toMatchObject({ code: 0, out: 'No undelivered notices\n' });
  });

  it('retries and dismisses a notice by its id', async () => {
    const { run, asked } = await listen([notice]);
    expect((await run('retry', notice.id)).out).toContain('Retrying the notice');
    expect(await run('dismiss', notice.id, '--json')).toMatchObject({
      code: 0,
      out: `{"id":"${notice.id}"}\n`,
    });
    expect(asked).toEqual([`POST /v1/notices/${notice.id}/retry`, `POST /v1/notices/${notice.id}/dismiss`]);
  });
});
