/** Who looks at the page, and how it came to know: a session of the server, or a token. */
import type { Api } from '#domain/http/shapes/shapes.ts';

/** As `GET /v1/session` gives it. */
export type Session = Api<'Session'>;

/** The issuer that signs users in, and this page's client there. */
export type OpenIdConfig = {
  sign_in: 'openid';
  issuer: string;
  client_id: string;
  scopes: string[];
  /** The claim of the ID token that names the scope. */
  scope_claim: string;
};
/** `embed_origins` are those whose pages may hold the page in a frame. */
export type Config = { sign_in: 'session'; embed_origins: string[] } | OpenIdConfig;

const members: Record<string, readonly string[]> = {
  session: ['sign_in', 'embed_origins'],
  openid: ['sign_in', 'issuer', 'client_id', 'scopes', 'scope_claim'],
};

/**
 * Parses `config.json` strictly: a page that guessed could send a token to somebody else. Throws if it is not
 * one.
 */
export const parseConfig = (text: string): Config => {
  const config: unknown = JSON.parse(text);
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new Error('Expected an object');
  const given = config as Record<string, unknown>;
  const known = typeof given.sign_in === 'string' && members[given.sign_in];
  if (!known) throw new Error('Expected "sign_in" to be "session" or "openid"');
  const unknown = Object.keys(given).find(key => !known.includes(key));
  if (unknown !== undefined) throw new Error(`Unknown member "${unknown}"`);
  if (given.sign_in === 'session') {
    const { embed_origins = [] } = given;
    if (!Array.isArray(embed_origins) || !embed_origins.every(isOrigin))
      throw new Error('Expected "embed_origins" to be a list of origins');
    return { sign_in: 'session', embed_origins };
  }
  const { issuer, client_id, scopes, scope_claim } = given;
  if (typeof issuer !== 'string' || !isHttps(issuer)) throw new Error('Expected "issuer" to be an https URL');
  if (!isText(client_id) || !isText(scope_claim)) throw new Error('Expected "client_id" and "scope_claim"');
  if (!Array.isArray(scopes) || !scopes.every(isText) || !scopes.includes('openid'))
    throw new Error('Expected "scopes" to be a list with "openid"');
  return { sign_in: 'openid', issuer, client_id, scopes, scope_claim };
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isHttps = (text: string): boolean => URL.canParse(text) && new URL(text).protocol === 'https:';
const isOrigin = (value: unknown): value is string =>
  isText(value) && URL.canParse(value) && new URL(value).origin === value;
