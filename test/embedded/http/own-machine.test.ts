import { describe, expect, it } from 'vitest';
import { isOwnMachine } from '#embedded/http/own-machine.ts';
import { Site } from '#embedded/http/site.ts';

const site = new Site();
site.listensOn('0.0.0.0', 'http://0.0.0.0:8787');
const from = (remoteAddress: string, headers: Record<string, string> = {}) => ({
  socket: { remoteAddress },
  headers: { host: '127.0.0.1:8787', ...headers },
});

describe('a request', () => {
  it('comes from this machine if its peer is a loopback address', () => {
    expect(isOwnMachine(from('127.0.0.1'), site)).toBe(true);
    expect(isOwnMachine(from('::ffff:127.0.0.1'), site)).toBe(true);
    expect(isOwnMachine(from('::1', { host: '[::1]:8787' }), site)).toBe(true);
  });

  it.each([
    ['another machine', from('10.0.0.7')],
    ['a proxy that says so', from('127.0.0.1', { 'x-forwarded-for': '127.0.0.1' })],
    ['a proxy by another header', from('127.0.0.1', { via: '1.1 proxy' })],
    ['a name that leads here', from('127.0.0.1', { host: 'evil.example:8787' })],
    ['no known address', { socket: {}, headers: { host: '127.0.0.1:8787' } }],
  ])('may come from elsewhere if it comes from %s', (_, request) => {
    expect(isOwnMachine(request, site)).toBe(false);
  });
});
