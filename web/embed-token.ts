/**
 * What a token for the page in a frame says of itself. The page believes it only to know what to show and
 * when to ask for another: whether it is valid is for the server to decide.
 */
export type EmbedToken = {
  token: string;
  scopeId: string;
  userId: string;
  /** The origin of the page that holds the frame. */
  origin: string;
  /** How long it is valid from when it was made. */
  seconds: number;
  /** When it ends, by the server's clock. */
  expiresAt: string;
};

/** What a header may hold, and no more. */
const maxLength = 8192;
/** The last second of the year 9999. */
const maxSeconds = 253_402_300_799;

/** Undefined if it is not a token of this kind. */
export const readEmbedToken = (token: unknown): EmbedToken | undefined => {
  if (typeof token !== 'string' || token.length > maxLength) return undefined;
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? [];
  const claims = payload === undefined ? undefined : decode(payload);
  if (typeof claims !== 'object' || claims === null) return undefined;
  const { scope_id: scopeId, sub: userId, origin, iat, exp } = claims as Record<string, unknown>;
  if (typeof scopeId !== 'string' || typeof userId !== 'string' || typeof origin !== 'string')
    return undefined;
  if (!isSecond(iat) || !isSecond(exp) || exp <= iat) return undefined;
  const expiresAt = new Date(exp * 1000).toISOString();
  return { token, scopeId, userId, origin, seconds: exp - iat, expiresAt };
};

const decode = (base64url: string): unknown => {
  try {
    const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, character => character.charCodeAt(0));
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // Not base64, not UTF-8 or not JSON: not a token of ours.
    return undefined;
  }
};

const isSecond = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= maxSeconds;
