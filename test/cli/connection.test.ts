import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '#cli/connection.ts';
import { annals } from '#test/support/annals.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** A server that notes what it is asked for, and answers as it is told. */
const listen = async (status = 200, headers: Record<string, string> = {}) => {
  const asked: { path: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url!, authorization: request.headers.authorization });
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{}');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

describe('the URL of the server', () => {
  it.each(['', '/'])('keeps its path before the path of a route, with "%s" at its end', async end => {
    const { url, asked } = await listen();
    const connection = await connect({ url: `${url}/audit${end}`, token: 't', json: true }, 'support');
    await connection.fetch('/v1/exports?scope_id=a');
    expect(asked).toEqual([{ path: '/audit/v1/exports?scope_id=a', authorization: 'Bearer t' }]);
  });

  it.each([
    ['http://user:hunter2@h.example/', 'contains a user name or a password'],
    ['https://hunter2@h.example', 'contains a user name or a password'],
    ['http://h.example/?key=hunter2', 'has a query or a fragment'],
    ['http://h.example/#hunter2', 'has a query or a fragment'],
    ['hunter2', 'is not an http or https URL'],
    ['ftp://hunter2', 'is not an http or https URL'],
    ['http://hunter2:99999', 'is not an http or https URL'],
  ])('is refused without being printed: %s', async (url, message) => {
    const refusals = await Promise.all([
      connect({ url, token: 't', json: true }, 'support').catch(String),
      annals(['exports', '--token', 't', '--url', url]).then(({ code, out, err }) => `${code}${out}${err}`),
      annals(['exports'], '', { ANNALS_URL: url, ANNALS_TOKEN: 't' }).then(({ err }) => err),
    ]);
    for (const refusal of refusals) {
      expect(refusal).toContain(message);
      expect(refusal).not.toContain('hunter2');
    }
    expect(refusals[1]).toMatch(/^2/);
    expect(refusals[2]).toContain('ANNALS_URL');
  });

  it('is not followed to another place, since a POST would become a GET', async () => {
    const { url, asked } = await listen(302, { location: '/elsewhere' });
    const connection = await connect({ url, token: 't', json: true }, 'support');
    await expect(connection.fetch('/v1/exports', { method: 'POST', body: '{}' })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('redirects (302)'),
    });
    expect(asked).toHaveLength(1);
  });
});

describe('a token', () => {
  it('is not printed if it cannot be sent', async () => {
    const token = 'secret\nwith a line break';
    const { code, err } = await annals(['exports', '--url', 'http://127.0.0.1:1', '--token', token]);
    expect(code).toBe(2);
    expect(err).not.toContain('secret');
  });

  it('comes from the keys of the data directory if it is not set', async () => {
    const directory = await temporaryDirectory();
    const { url } = await listen();
    await expect(connect({ url, data: directory, json: true }, 'support')).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(join(directory, 'keys.json')),
    });
  });
});
