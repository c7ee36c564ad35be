import { describe, expect, it } from 'vitest';
import { type Browser, openIssuer } from '#web/signin/issuer.ts';

const config = {
  sign_in: 'openid',
  issuer: 'https://login.example.com',
  client_id: 'page',
  scopes: ['openid'],
  scope_claim: 'org',
};

const openBrowser = (href: string) => {
  const shown: string[] = [];
  const left: string[] = [];
  const kept = new Map<string, string>();
  const browser: Browser = {
    href: () => shown.at(-1) ?? href,
    replace: url => void shown.push(url),
    assign: url => void left.push(url),
    storage: {
      get length() {
        return kept.size;
      },
      key: n => [...kept.keys()][n] ?? null,
      getItem: name => kept.get(name) ?? null,
      setItem: (name, value) => void kept.set(name, value),
      removeItem: name => void kept.delete(name),
    },
    fetch: async () =>
      Response.json({
        issuer: config.issuer,
        authorization_endpoint: `${config.issuer}/authorize`,
        token_endpoint: `${config.issuer}/token`,
      }),
    nowMs: () => 0,
  };
  return { browser, shown, left, kept };
};

describe('the issuer of an installation', () => {
  it('is none if its server has sessions', async () => {
    const { browser } = openBrowser('https://audit.example.com/');
    expect(await openIssuer('{"sign_in":"session"}', browser)).toBeUndefined();
    await expect(openIssuer('{}', browser)).rejects.toThrow('Expected "sign_in"');
  });

  it('is where the page leaves for, to come back to where it is served, with its view in the tab', async () => {
    const { browser, left, kept } = openBrowser('https://audit.example.com/log/?x=1#actor=u-17/b?c');
    const issuer = await openIssuer(JSON.stringify(config), browser);
    expect(await issuer!.returned()).toBeUndefined();
    await issuer!.leave();
    expect(new URL(left[0]!).searchParams.get('redirect_uri')).toBe('https://audit.example.com/log/');
    expect(left[0]).not.toContain('u-17');
    expect([...kept.values()][0]).toContain('#actor=u-17/b?c');
  });

  it('takes the code out of the URL before anything else, also if nobody waits for it', async () => {
    const { browser, shown } = openBrowser('https://audit.example.com/?code=secret&state=forged');
    const issuer = await openIssuer(JSON.stringify(config), browser);
    await expect(issuer!.returned()).rejects.toThrow('did not begin in this tab');
    expect(shown).toEqual(['https://audit.example.com/']);
  });
});
