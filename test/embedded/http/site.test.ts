import { describe, expect, it } from 'vitest';
import { Site } from '#embedded/http/site.ts';

const listening = (host: string, url: string, publicUrl?: string): Site => {
  const site = new Site(publicUrl);
  site.listensOn(host, url);
  return site;
};
const loopback = () => listening('127.0.0.1', 'http://127.0.0.1:8787');
const isKnown = (site: Site, host: string) => site.recognize({ host }) !== undefined;

describe('the site without a public URL', () => {
  it.each(['127.0.0.1:8787', 'localhost:8787', 'LOCALHOST:8787', '[::1]:8787'])('is at the host %s', host => {
    expect(loopback().recognize({ host })).toEqual({
      origin: `http://${host.toLowerCase()}`,
      mayCarryPasswords: true,
    });
  });

  it.each([
    '127.0.0.1',
    '127.0.0.1:8788',
    'evil.example:8787',
    'localhost.evil.example:8787',
    'x@127.0.0.1:8787',
    '127.0.0.1:8787/x',
    '127.0.0.1:8787#',
    '[::1',
    '',
  ])('is not at the host %j', host => {
    expect(isKnown(loopback(), host)).toBe(false);
  });

  it('is nowhere for a request without a Host', () => {
    expect(loopback().recognize({})).toBeUndefined();
  });

  it('is at the address that it listens on, where nobody can sign in', () => {
    const site = listening('192.0.2.7', 'http://192.0.2.7:80');
    expect(site.recognize({ host: '192.0.2.7' })).toEqual({
      origin: 'http://192.0.2.7',
      mayCarryPasswords: false,
    });
    expect(isKnown(site, '192.0.2.7:80')).toBe(true);
    expect(isKnown(listening('::1', 'http://[::1]:1'), '[::1]:1')).toBe(true);
  });

  it('is at no other name if it listens on every address', () => {
    const site = listening('0.0.0.0', 'http://127.0.0.1:8787');
    expect(isKnown(site, '127.0.0.1:8787')).toBe(true);
    expect(isKnown(site, '0.0.0.0:8787')).toBe(false);
    expect(isKnown(site, '192.0.2.7:8787')).toBe(false);
  });
});

describe('the site with a public URL', () => {
  it('is at its host alone', () => {
    const site = listening('127.0.0.1', 'http://127.0.0.1:8787', 'https://audit.example.com');
    const found = { origin: 'https://audit.example.com', mayCarryPasswords: true };
    expect(site.recognize({ host: 'audit.example.com' })).toEqual(found);
    expect(site.recognize({ host: 'audit.example.com:443' })).toEqual(found);
    for (const host of ['audit.example.com:8787', '127.0.0.1:8787', 'audit.example.com:80', 'example.com'])
      expect(isKnown(site, host), host).toBe(false);
  });

  it('has nobody sign in without https, but for this machine', () => {
    const mayCarry = (url: string) => new Site(url).recognize({ host: new URL(url).host })!.mayCarryPasswords;
    expect(mayCarry('http://audit.example.com')).toBe(false);
    expect(mayCarry('http://localhost:9000/audit')).toBe(true);
  });
});

describe('the cookie of a session', () => {
  it.each([
    ['https://audit.example.com', '__Host-annals=id; Path=/; Secure; HttpOnly; SameSite=Strict'],
    ['https://example.com/audit', '__Secure-annals=id; Path=/audit; Secure; HttpOnly; SameSite=Strict'],
    ['http://localhost:9000/audit', 'annals-9000=id; Path=/audit; HttpOnly; SameSite=Strict'],
    ['http://localhost', 'annals-80=id; Path=/; HttpOnly; SameSite=Strict'],
    [undefined, 'annals-8787=id; Path=/; HttpOnly; SameSite=Strict'],
  ])('for %s is %s', (publicUrl, cookie) => {
    const site = listening('127.0.0.1', 'http://127.0.0.1:8787', publicUrl);
    expect(site.printCookie('id')).toBe(cookie);
    expect(site.printCookie(undefined)).toContain('=; ');
    expect(site.printCookie(undefined)).toContain('Max-Age=0');
    expect(site.readCookie({ cookie: `other=1; ${cookie.split(';')[0]}` })).toBe('id');
  });

  it('of another port, an empty one and one of two are not read', () => {
    const site = loopback();
    expect(site.readCookie({ cookie: 'annals-8788=id' })).toBeUndefined();
    expect(site.readCookie({ cookie: 'annals-8787=' })).toBeUndefined();
    expect(site.readCookie({ cookie: 'annals-8787=a; annals-8787=b' })).toBeUndefined();
    expect(site.readCookie({})).toBeUndefined();
  });
});
