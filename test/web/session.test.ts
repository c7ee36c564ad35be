import { describe, expect, it } from 'vitest';
import { parseConfig } from '#web/session.ts';

describe('the configuration of the page', () => {
  const openid = {
    sign_in: 'openid',
    issuer: 'https://login.example.com/realm',
    client_id: 'page',
    scopes: ['openid', 'org'],
    scope_claim: 'org',
  };

  it('names a session of the server, or an issuer', () => {
    expect(parseConfig('{"sign_in":"session"}')).toEqual({ sign_in: 'session', embed_origins: [] });
    expect(parseConfig(JSON.stringify(openid))).toEqual(openid);
  });

  it('names the origins that may hold the page in a frame', () => {
    const framed = {
      sign_in: 'session',
      embed_origins: ['https://app.example.com', 'http://localhost:8080'],
    };
    expect(parseConfig(JSON.stringify(framed))).toEqual(framed);
    for (const origins of ['*', ['*'], ['null'], [7], ['https://app.example.com/'], null, {}])
      expect(
        () => parseConfig(JSON.stringify({ ...framed, embed_origins: origins })),
        JSON.stringify(origins),
      ).toThrow('Expected "embed_origins"');
  });

  it.each(['', 'null', '[]', '{}', '{"sign_in":"token"}', '{"sign_in":"session","issuer":"x"}'])(
    'is read strictly: %s',
    text => {
      expect(() => parseConfig(text)).toThrow();
    },
  );

  it.each([
    ['an issuer without TLS', { issuer: 'http://login.example.com' }],
    ['no issuer', { issuer: undefined }],
    ['an empty client', { client_id: '' }],
    ['scopes without openid', { scopes: ['org'] }],
    ['scopes that are no list', { scopes: 'openid' }],
    ['no claim', { scope_claim: undefined }],
    ['a member that nobody knows', { token_endpoint: 'https://elsewhere.example.com' }],
  ])('refuses an issuer with %s', (_, change) => {
    expect(() => parseConfig(JSON.stringify({ ...openid, ...change }))).toThrow();
  });
});
