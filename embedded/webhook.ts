/**
 * Tells a URL of the operator's how the runs of schedules ended: a POST of JSON, signed with HMAC-SHA-256 over its time
 * and its body, tried again for a while. The receiver can tell that it is ours and not an old one.
 */
import { createHmac } from 'node:crypto';
import { type Backoff, pause } from '#aws/backoff.ts';
import type { Notification } from '#domain/notification.ts';

export type WebhookOptions = { url: string; secret: string; backoff: Backoff; nowMs(): number };

const timeoutMs = 10_000;

/** What `X-Annals-Signature` holds: `t=<seconds>,v1=<hex of HMAC-SHA-256 over "<seconds>.<body>">`. */
export const signWebhook = (secret: string, seconds: number, body: string): string =>
  `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;

/** Throws where the URL has not answered with success in the end. */
export const postWebhook = async (
  { url, secret, backoff, nowMs }: WebhookOptions,
  { message }: Notification,
): Promise<void> => {
  const body = JSON.stringify(message);
  for (let attempt = 0; ; attempt++) {
    let reason: string;
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'x-annals-signature': signWebhook(secret, Math.floor(nowMs() / 1000), body),
        },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (response.ok) return;
      reason = `it answered ${response.status}`;
    } catch (error) {
      reason = (error as Error).message;
    }
    if (attempt >= backoff.maxAttempts)
      throw new Error(`The webhook was not told after ${attempt + 1} tries: ${reason}`);
    await pause(backoff, attempt);
  }
};
