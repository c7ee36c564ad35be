/**
 * Hands a notice to a URL of the operator's: one POST of JSON, signed by Standard Webhooks
 * (https://www.standardwebhooks.com). So a receiver can verify that it is ours and not an old one, and
 * recognize a repeat by its id. The URL may hold a secret, and is in no message.
 */
import { createHmac } from 'node:crypto';
import { signStandardWebhook } from '#domain/standard-webhook.ts';
import type { SendNotice } from '#functions/workflows/deliver-notices.ts';

export type WebhookOptions = { url: string; secret: string; nowMs(): number };

const timeoutMs = 10_000;

/** What `X-Annals-Signature` holds: `t=<seconds>,v1=<hex of HMAC-SHA-256 over "<seconds>.<body>">`. */
export const signWebhook = (secret: string, seconds: number, body: string): string =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;

/** Throws if the URL does not answer with success; the message says why, without the URL. */
export const webhookSender =
  ({ url, secret, nowMs }: WebhookOptions): SendNotice =>
  async ({ id, message }, signal) => {
    const body = JSON.stringify(message);
    const seconds = Math.floor(nowMs() / 1000);
    let response: Response;
    try {
      response = await fetch(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(seconds),
          'webhook-signature': signStandardWebhook([secret], { id, seconds, text: body }),
          'x-annals-signature': signWebhook(secret, seconds, body),
        },
        // A redirect could lead anywhere, and is not a success.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
    } catch (error) {
      throw new Error(reasonOf(error as Error), { cause: error });
    }
    // Only the status counts.
    await response.body?.cancel().catch(() => undefined);
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  };

/** Messages of `fetch` may hold the URL; codes do not. */
const reasonOf = ({ name, cause }: Error): string => {
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} seconds`;
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return `no connection${code === undefined ? '' : ` (${code})`}`;
};
