/**
 * The signature of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA-256 over id, seconds and text, so
 * that a receiver can verify that a message is ours and not an old one, and recognize a repeat by its id.
 */
import { createHmac } from 'node:crypto';

const secretPrefix = 'whsec_';

/** The key of Standard Webhooks: the base64 of a secret `whsec_…`, or the text of any other secret. */
export const webhookKey = (secret: string): Buffer =>
  secret.startsWith(secretPrefix)
    ? Buffer.from(secret.slice(secretPrefix.length), 'base64')
    : Buffer.from(secret);

export type SignedMessage = { id: string; seconds: number; text: string | Buffer };

/** The value of `webhook-signature`: a signature by each secret, since two are live while one is rotated. */
export const signStandardWebhook = (
  secrets: readonly string[],
  { id, seconds, text }: SignedMessage,
): string =>
  secrets
    .map(secret => {
      const hmac = createHmac('sha256', webhookKey(secret)).update(`${id}.${seconds}.`).update(text);
      return `v1,${hmac.digest('base64')}`;
    })
    .join(' ');
