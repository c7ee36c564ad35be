/** Who looks at the page, and how it came to know: a session of the server, or a token. */

/** As `GET /v1/session` gives it. Times are instants. */
export type Session = {
  role: 'admin' | 'operator' | 'support';
  scope_id: string | null;
  user_id: string;
  reason: string | null;
  expires_at: string;
  idle_expires_at: string;
};

export type Config = { sign_in: 'session' };

/**
 * Parses `config.json` strictly: a page that guessed could send a token to somebody else. Throws if it is not
 * one.
 */
export const parseConfig = (text: string): Config => {
  const config: unknown = JSON.parse(text);
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new Error('Expected an object');
  const unknown = Object.keys(config).find(key => key !== 'sign_in' && key !== 'embed_origins');
  if (unknown !== undefined) throw new Error(`Unknown member "${unknown}"`);
  if ((config as Config).sign_in !== 'session') throw new Error('Expected "sign_in" to be "session"');
  return { sign_in: 'session' };
};
