import { describe, expect, it } from 'vitest';
import { scopeClaim, signToken, verifyToken } from '#embedded/access/customer-tokens.ts';
import { signPageToken, verifyPageToken } from '#embedded/access/page-tokens.ts';

const key = Buffer.alloc(32, 1);
const nowMs = Date.parse('2026-11-26T12:00:00Z');
const asked = { scopeId: 'acme', userId: 'u-17', origin: 'https://app.example.com' };
const sign = (seconds = 60) => signPageToken(key, asked, { nowMs, seconds });

describe('a token for the page in a frame', () => {
  it('says whose log, to whom and in whose page, until it ends', async () => {
    const token = await sign();
    const found = { claims: { [scopeClaim]: 'acme', sub: 'u-17' }, origin: asked.origin };
    expect(await verifyPageToken(key, token, nowMs)).toEqual(found);
    expect(await verifyPageToken(key, token, nowMs + 59_000)).toEqual(found);
    expect(await verifyPageToken(key, token, nowMs + 60_000)).toBeUndefined();
  });

  it('is valid for ten minutes at most, whatever it says', async () => {
    const token = await sign(3600);
    expect(await verifyPageToken(key, token, nowMs + 600_000)).toBeDefined();
    expect(await verifyPageToken(key, token, nowMs + 601_000)).toBeUndefined();
  });

  it('is not one of a customer, nor is theirs one of these', async () => {
    expect(
      await verifyToken(key, await signPageToken(key, asked, { nowMs: Date.now(), seconds: 60 })),
    ).toBeUndefined();
    expect(
      await verifyPageToken(key, await signToken(key, 'acme', 'u-17', '1h'), Date.now()),
    ).toBeUndefined();
  });

  it('is not valid if another key signed it, or if it is something else', async () => {
    const token = await sign();
    expect(await verifyPageToken(Buffer.alloc(32, 2), token, nowMs)).toBeUndefined();
    for (const text of ['', 'x', `${token}x`, `e30.${token.split('.')[1]}.`])
      expect(await verifyPageToken(key, text, nowMs)).toBeUndefined();
  });
});
