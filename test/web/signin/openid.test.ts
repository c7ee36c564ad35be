import { createHash } from 'node:crypto';
import { type CryptoKey, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { OpenIdSignIn, SignInError, type TabStorage } from '#web/signin/openid.ts';

const issuer = 'https://login.example.com';
const redirectUri = 'https://audit.example.com/';
const view = '#v=1&actor=u-17';

let key: CryptoKey;
beforeAll(async () => {
  key = (await generateKeyPair('RS256')).privateKey;
});

/** An issuer, as far as a public client sees it. Codes and refresh tokens work once. */
const openIssuer = () => {
  const asked: { verifier: string | null; grant: string | null }[] = [];
  const issuerState = {
    nowMs: Date.now(),
    seconds: 600,
    claims: { org: 'acme' } as Record<string, unknown>,
    nonce: '',
    challenge: '',
    isAway: false,
    isRefusing: false,
    refreshToken: 'refresh-0' as string | undefined,
    hasIdTokenOnRefresh: true,
  };
  const idToken = () =>
    new SignJWT({ ...issuerState.claims, nonce: issuerState.nonce })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(issuer)
      .setAudience('page')
      .setSubject('u-17')
      .setIssuedAt(Math.floor(issuerState.nowMs / 1000))
      .setExpirationTime(Math.floor(issuerState.nowMs / 1000) + issuerState.seconds)
      .sign(key);
  const json = (body: object, status = 200) => Response.json(body, { status });
  const fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (issuerState.isAway) throw new TypeError('fetch failed');
    if (String(url).endsWith('/.well-known/openid-configuration'))
      return json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        authorization_response_iss_parameter_supported: true,
      });
    const form = new URLSearchParams(String(init?.body));
    asked.push({ verifier: form.get('code_verifier'), grant: form.get('grant_type') });
    if (issuerState.isRefusing)
      return json({ error: 'invalid_grant', error_description: '<b>secret</b>' }, 400);
    const isRefresh = form.get('grant_type') === 'refresh_token';
    if (isRefresh && form.get('refresh_token') !== issuerState.refreshToken)
      return json({ error: 'invalid_grant' }, 400);
    if (isRefresh) issuerState.refreshToken = `refresh-${asked.length}`;
    return json({
      access_token: 'opaque',
      token_type: 'Bearer',
      ...(issuerState.refreshToken === undefined ? {} : { refresh_token: issuerState.refreshToken }),
      ...(isRefresh && !issuerState.hasIdTokenOnRefresh ? {} : { id_token: await idToken() }),
    });
  };
  /** What the browser would come back with. */
  const returnOf = (href: string, change: Record<string, string> = {}): URL => {
    const sent = new URL(href).searchParams;
    issuerState.nonce = sent.get('nonce')!;
    issuerState.challenge = sent.get('code_challenge')!;
    const url = new URL(redirectUri);
    for (const [name, value] of Object.entries({
      code: 'c',
      state: sent.get('state')!,
      iss: issuer,
      ...change,
    }))
      url.searchParams.set(name, value);
    return url;
  };
  return { issuerState, fetch: fetch as typeof globalThis.fetch, asked, returnOf };
};

const memory = (): TabStorage => {
  const kept = new Map<string, string>();
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
    key: (n: number) => [...kept.keys()][n] ?? null,
    get length() {
      return kept.size;
    },
  };
};

const open = (storage: TabStorage = memory()) => {
  const world = openIssuer();
  const client = () =>
    new OpenIdSignIn({
      config: { sign_in: 'openid', issuer, client_id: 'page', scopes: ['openid', 'org'], scope_claim: 'org' },
      redirectUri,
      storage,
      fetch: world.fetch,
      nowMs: () => world.issuerState.nowMs,
    });
  return { ...world, client, storage };
};

describe('signing in at an issuer', () => {
  it('comes back as the user and scope of the token, with the view that was open', async () => {
    const { client, returnOf, asked, issuerState } = open();
    const href = await client().begin(view);
    const sent = new URL(href).searchParams;
    expect(Object.fromEntries(sent)).toMatchObject({
      client_id: 'page',
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid org',
      code_challenge_method: 'S256',
    });
    // What somebody looks for is nothing that the issuer learns.
    expect(href).not.toContain('u-17');
    const page = client();
    const { session, view: seen } = await page.complete(returnOf(href));
    expect(session).toMatchObject({ role: 'admin', scope_id: 'acme', user_id: 'u-17' });
    expect(seen).toBe(view);
    expect(createHash('sha256').update(asked[0]!.verifier!).digest('base64url')).toBe(issuerState.challenge);
    expect(await page.token()).toMatch(/^eyJ/);
  });

  it('keeps nothing but what waits for the return, and that only once', async () => {
    const { client, returnOf, storage } = open();
    await client().begin('#given-up');
    const href = await client().begin(view);
    expect(storage.length).toBe(1);
    const url = returnOf(href);
    await client().complete(url);
    expect(storage.length).toBe(0);
    await expect(client().complete(url)).rejects.toThrow('did not begin in this tab');
  });

  it.each([
    ['another issuer’s answer', { iss: 'https://evil.example.com' }],
    ['a state that nobody sent', { state: 'forged' }],
    ['a refusal', { error: 'access_denied' }],
  ])('does not take %s', async (_, change) => {
    const { client, returnOf, asked } = open();
    const href = await client().begin(view);
    await expect(client().complete(returnOf(href, change))).rejects.toThrow(SignInError);
    expect(asked).toEqual([]);
  });

  it('does not take a token that was made for another sign-in', async () => {
    const { client, returnOf, issuerState } = open();
    const url = returnOf(await client().begin(view));
    issuerState.nonce = 'another';
    await expect(client().complete(url)).rejects.toThrow('The sign-in was refused');
  });

  it('does not take a token without a scope', async () => {
    const { client, returnOf, issuerState } = open();
    issuerState.claims = {};
    const page = client();
    await expect(page.complete(returnOf(await client().begin(view)))).rejects.toThrow(
      'names no organization',
    );
    expect(await page.token()).toBeUndefined();
  });

  it('says the code of a refusal, and none of the issuer’s text', async () => {
    const { client, returnOf, issuerState } = open();
    const url = returnOf(await client().begin(view));
    issuerState.isRefusing = true;
    const error = await client()
      .complete(url)
      .catch((thrown: Error) => thrown);
    expect((error as Error).message).toBe('The sign-in was refused (invalid_grant); sign in again');
  });

  it('says that the issuer is away, and asks it again the next time', async () => {
    const { client, issuerState } = open();
    issuerState.isAway = true;
    const page = client();
    await expect(page.begin(view)).rejects.toThrow('cannot be reached; try again');
    issuerState.isAway = false;
    expect(await page.begin(view)).toContain(`${issuer}/authorize?`);
  });

  it('says what to do if the browser keeps nothing', async () => {
    const refusing = memory();
    refusing.setItem = () => {
      throw new Error('SecurityError');
    };
    await expect(open(refusing).client().begin(view)).rejects.toThrow(
      'The browser keeps nothing for this page',
    );
  });
});

describe('the token', () => {
  const signedIn = async () => {
    const world = open();
    const page = world.client();
    await page.complete(world.returnOf(await world.client().begin(view)));
    const grants = () => world.asked.map(({ grant }) => grant);
    return { ...world, page, grants, first: await page.token() };
  };

  it('is renewed a minute before it ends, once for all who ask, with a refresh token that changes', async () => {
    const { page, issuerState, grants, first } = await signedIn();
    for (const round of [1, 2]) {
      issuerState.nowMs += 545_000;
      const tokens = await Promise.all([page.token(), page.token(), page.token()]);
      expect(new Set(tokens).size).toBe(1);
      expect(tokens[0]).not.toBe(first);
      expect(grants().filter(grant => grant === 'refresh_token')).toHaveLength(round);
    }
  });

  it('lasts until its end if it cannot be renewed, and not longer', async () => {
    for (const spoil of ['isRefusing', 'isAway'] as const) {
      const { page, issuerState, first } = await signedIn();
      issuerState[spoil] = true;
      issuerState.nowMs += 545_000;
      expect(await page.token()).toBe(first);
      issuerState.nowMs += 60_000;
      expect(await page.token()).toBeUndefined();
    }
  });

  it('ends if the issuer gives no ID token with a renewal, or no refresh token at all', async () => {
    for (const change of [{ hasIdTokenOnRefresh: false }, { refreshToken: undefined }]) {
      const world = open();
      Object.assign(world.issuerState, change);
      const page = world.client();
      await page.complete(world.returnOf(await world.client().begin(view)));
      world.issuerState.nowMs += 601_000;
      expect(await page.token()).toBeUndefined();
    }
  });

  it('is forgotten at once', async () => {
    const { page } = await signedIn();
    page.forget();
    expect(await page.token()).toBeUndefined();
  });
});
