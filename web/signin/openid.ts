/**
 * Signing in at the company's issuer by OpenID Connect, with PKCE. The verifier, the nonce and the view that was open
 * wait in the tab's storage under the state; tokens are in memory alone, and go with the tab. The token that the API
 * gets is the ID token: its audience is this page's own client, and its claims name the user and their scope.
 *
 * https://openid.net/specs/openid-connect-core-1_0.html, RFC 7636, RFC 9207
 */
import {
  type AuthorizationServer,
  authorizationCodeGrantRequest,
  type Client,
  calculatePKCECodeChallenge,
  customFetch,
  discoveryRequest,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  getValidatedIdTokenClaims,
  None,
  processAuthorizationCodeResponse,
  processDiscoveryResponse,
  processRefreshTokenResponse,
  refreshTokenGrantRequest,
  type TokenEndpointResponse,
  validateAuthResponse,
} from 'oauth4webapi';
import type { OpenIdConfig, Session } from '../session.ts';

/** What of the tab's `sessionStorage` is used. */
export type TabStorage = {
  readonly length: number;
  key(n: number): string | null;
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
};

export type OpenIdOptions = {
  config: OpenIdConfig;
  /** Registered at the issuer, to the letter. */
  redirectUri: string;
  storage: TabStorage;
  fetch: typeof globalThis.fetch;
  nowMs(): number;
};

/** What waits for the return from the issuer. */
type Pending = { verifier: string; nonce: string; view: string };

type Tokens = { idToken: string; refreshToken: string | undefined; expiresAtMs: number; session: Session };

const prefix = 'annals.sign-in.';
const renewBeforeMs = 60_000;

/** The sign-in cannot go on; the message says what to do. */
export class SignInError extends Error {}

export class OpenIdSignIn {
  readonly #options: OpenIdOptions;
  readonly #client: Client;
  #server: Promise<AuthorizationServer> | undefined;
  #tokens: Tokens | undefined;
  #renewal: Promise<void> | undefined;

  constructor(options: OpenIdOptions) {
    this.#options = options;
    this.#client = { client_id: options.config.client_id };
  }

  /** Where to send the browser; `view` is the fragment to come back to, which the issuer never sees. */
  async begin(view: string): Promise<string> {
    const { config, redirectUri } = this.#options;
    const server = await this.#discovered();
    if (server.authorization_endpoint === undefined)
      throw new SignInError('The issuer has no authorization endpoint');
    const state = generateRandomState();
    const pending: Pending = { verifier: generateRandomCodeVerifier(), nonce: generateRandomNonce(), view };
    const challenge = await calculatePKCECodeChallenge(pending.verifier);
    this.#keep(state, pending);
    const url = new URL(server.authorization_endpoint);
    const parameters = {
      client_id: config.client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: config.scopes.join(' '),
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state,
      nonce: pending.nonce,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /** Ends what `begin` began, in this tab and once; returns the session and the view. Throws `SignInError`. */
  async complete(url: URL): Promise<{ session: Session; view: string }> {
    const pending = this.#take(url.searchParams.get('state') ?? '');
    if (!pending)
      throw new SignInError('This sign-in did not begin in this tab, or it has ended; sign in again');
    try {
      const server = await this.#discovered();
      const parameters = validateAuthResponse(server, this.#client, url, url.searchParams.get('state')!);
      const { redirectUri } = this.#options;
      const response = await authorizationCodeGrantRequest(
        server,
        this.#client,
        None(),
        parameters,
        redirectUri,
        pending.verifier,
        this.#http,
      );
      const answer = await processAuthorizationCodeResponse(server, this.#client, response, {
        expectedNonce: pending.nonce,
        requireIdToken: true,
      });
      return { session: this.#hold(answer, undefined).session, view: pending.view };
    } catch (error) {
      throw refused(error);
    }
  }

  /** The token for the API, renewed if it is about to expire; undefined if nobody is signed in any longer. */
  async token(): Promise<string | undefined> {
    const { nowMs } = this.#options;
    if (this.#tokens && this.#tokens.expiresAtMs - nowMs() < renewBeforeMs) {
      this.#renewal ??= this.#renew().finally(() => {
        this.#renewal = undefined;
      });
      await this.#renewal;
    }
    return this.#tokens?.idToken;
  }

  /** Forgets the tokens; the issuer's own session is the issuer's. */
  forget(): void {
    this.#tokens = undefined;
  }

  /** A refusal ends the session at its expiry; a network that is away does not. */
  async #renew(): Promise<void> {
    const { idToken, refreshToken, expiresAtMs } = this.#tokens!;
    if (refreshToken !== undefined) {
      try {
        const server = await this.#discovered();
        const response = await refreshTokenGrantRequest(
          server,
          this.#client,
          None(),
          refreshToken,
          this.#http,
        );
        const answer = await processRefreshTokenResponse(server, this.#client, response);
        if (this.#tokens?.idToken !== idToken) return;
        if (answer.id_token !== undefined) {
          this.#hold(answer, refreshToken);
          return;
        }
      } catch {
        // The page asks to sign in once the token has expired, which is said to the user; nothing else depends on it.
      }
    }
    if (this.#tokens?.idToken === idToken && expiresAtMs <= this.#options.nowMs()) this.#tokens = undefined;
  }

  #hold(answer: TokenEndpointResponse, previousRefreshToken: string | undefined): Tokens {
    const claims = getValidatedIdTokenClaims(answer)!;
    const scope = claims[this.#options.config.scope_claim];
    if (typeof scope !== 'string' || scope === '')
      throw new SignInError(
        'Your account names no organization whose log this could be; ask whoever runs the sign-in',
      );
    const expiresAtMs = claims.exp * 1000;
    const expires_at = new Date(expiresAtMs).toISOString();
    this.#tokens = {
      idToken: answer.id_token!,
      refreshToken: answer.refresh_token ?? previousRefreshToken,
      expiresAtMs,
      session: {
        role: 'admin',
        scope_id: scope,
        user_id: claims.sub,
        reason: null,
        expires_at,
        idle_expires_at: expires_at,
      },
    };
    return this.#tokens;
  }

  /** The issuer's description, asked for once; a failure is asked for again. */
  #discovered(): Promise<AuthorizationServer> {
    const issuer = new URL(this.#options.config.issuer);
    this.#server ??= discoveryRequest(issuer, { algorithm: 'oidc', ...this.#http })
      .then(response => processDiscoveryResponse(issuer, response))
      .catch(error => {
        this.#server = undefined;
        throw new SignInError('The sign-in service cannot be reached; try again', { cause: error });
      });
    return this.#server;
  }

  get #http(): { [customFetch]: (url: string, init: object) => Promise<Response> } {
    return { [customFetch]: (url, init) => this.#options.fetch(url, init) };
  }

  #keep(state: string, pending: Pending): void {
    const { storage } = this.#options;
    try {
      // One tab signs in once at a time: what was given up is removed.
      for (const key of keysOf(storage)) storage.removeItem(key);
      storage.setItem(`${prefix}${state}`, JSON.stringify(pending));
    } catch (error) {
      throw new SignInError('The browser keeps nothing for this page; allow it to, and sign in again', {
        cause: error,
      });
    }
  }

  #take(state: string): Pending | undefined {
    const { storage } = this.#options;
    const text = storage.getItem(`${prefix}${state}`);
    if (text === null) return undefined;
    storage.removeItem(`${prefix}${state}`);
    return JSON.parse(text) as Pending;
  }
}

const keysOf = (storage: TabStorage): string[] =>
  Array.from({ length: storage.length }, (_, n) => storage.key(n)!).filter(key => key.startsWith(prefix));

/** What the issuer says is for the operator of the sign-in; its texts may quote anything, so only its code is shown. */
const refused = (error: unknown): SignInError => {
  if (error instanceof SignInError) return error;
  const code = (error as { error?: unknown }).error;
  const named = typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? ` (${code})` : '';
  return new SignInError(`The sign-in was refused${named}; sign in again`, { cause: error });
};
