/**
 * Tokens for the Audit Log page in a frame of somebody else's page: signed with the key of customers' tokens,
 * for an audience of their own, so that neither kind passes for the other. They end within ten minutes, and
 * nothing revokes one sooner; whether its user is an admin is asked at each request.
 */
import { jwtVerify, SignJWT } from 'jose';
import { maxPageTokenSeconds } from '#domain/http/shapes/page-shapes.ts';
import { scopeClaim } from './customer-tokens.ts';

const issuer = 'annals';
const audience = 'annals-page';
const originClaim = 'origin';

/** The claims of a customer, and the origin of the page that holds the frame. */
export type PageToken = { claims: Record<string, unknown>; origin: string };
export type PageTokenRequest = { scopeId: string; userId: string; origin: string };

export const signPageToken = (
  key: Uint8Array,
  { scopeId, userId, origin }: PageTokenRequest,
  times: { nowMs: number; seconds: number },
): Promise<string> => {
  const now = Math.floor(times.nowMs / 1000);
  return new SignJWT({ [scopeClaim]: scopeId, [originClaim]: origin })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userId)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(now + times.seconds)
    .sign(key);
};

/** Undefined if the token is not valid, of this installation, and not expired. */
export const verifyPageToken = async (
  key: Uint8Array,
  token: string,
  nowMs: number,
): Promise<PageToken | undefined> => {
  try {
    const { payload } = await jwtVerify(token, key, {
      issuer,
      audience,
      algorithms: ['HS256'],
      maxTokenAge: maxPageTokenSeconds,
      currentDate: new Date(nowMs),
    });
    const { [scopeClaim]: scopeId, [originClaim]: origin, sub } = payload;
    return typeof origin === 'string' ? { claims: { [scopeClaim]: scopeId, sub }, origin } : undefined;
  } catch {
    // Whatever is wrong with a token, its bearer is nobody.
    return undefined;
  }
};
