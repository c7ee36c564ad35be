import { describe, expect, it } from 'vitest';
import { signPageToken } from '#embedded/access/page-tokens.ts';
import { readEmbedToken } from '#web/embed-token.ts';

const origin = 'https://app.example.com';
const claims = { scope_id: 'acme', sub: 'u-17', origin, iat: 1_700_000_000, exp: 1_700_000_300 };
const tokenOf = (payload: string | Buffer): string =>
  `e30.${Buffer.from(payload).toString('base64url')}.c2lnbmF0dXJl`;

describe('a token for the page in a frame', () => {
  it('of the server says whose log it opens, for whom, for which page and how long', async () => {
    const asked = { scopeId: 'Größe/日本', userId: '~u>17?', origin };
    const token = await signPageToken(new Uint8Array(32), asked, { nowMs: 1_700_000_000_500, seconds: 300 });
    expect(readEmbedToken(token)).toEqual({
      ...asked,
      token,
      seconds: 300,
      expiresAt: '2023-11-14T22:18:20.000Z',
    });
  });

  it.each([
    ['no text', undefined],
    ['a number', 7],
    ['an empty text', ''],
    ['two parts', 'e30.e30'],
    ['no base64', 'e30.!!!.e30'],
    ['bytes that are no UTF-8', tokenOf(Buffer.from([0xff]))],
    ['no JSON', tokenOf('{')],
    ['null', tokenOf('null')],
    ['a list', tokenOf('[]')],
    ['no scope', tokenOf(JSON.stringify({ ...claims, scope_id: undefined }))],
    ['a user that is no text', tokenOf(JSON.stringify({ ...claims, sub: 17 }))],
    ['no origin', tokenOf(JSON.stringify({ ...claims, origin: null }))],
    ['no end', tokenOf(JSON.stringify({ ...claims, exp: undefined }))],
    ['an end before its beginning', tokenOf(JSON.stringify({ ...claims, exp: claims.iat }))],
    ['an end that no date has', tokenOf(JSON.stringify({ ...claims, exp: 1e15 }))],
    ['more than a header holds', tokenOf(JSON.stringify({ ...claims, more: 'x'.repeat(8192) }))],
  ])('is not %s', (_, token) => {
    expect(readEmbedToken(token)).toBeUndefined();
  });

  it('is one with these claims', () => {
    expect(readEmbedToken(tokenOf(JSON.stringify(claims)))).toMatchObject({ scopeId: 'acme', seconds: 300 });
  });
});
