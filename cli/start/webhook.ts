/**
 * The webhook of `annals start`, from its flags and the environment. Messages never contain the URL, which may contain
 * a secret.
 */

import { setting } from '#cli/environment.ts';
import { Failure } from '#cli/failure.ts';
import { webhookKey } from '#domain/standard-webhook.ts';

/** The value of a flag or a variable, and its name; undefined if neither is set. */
export type Given = { value: string; name: string } | undefined;

export type Webhook = { url: string; secret: string; events: 'schedules' | 'all' };

export const webhookOf = (webhook: Given, given: Given): Webhook | undefined => {
  const events = given?.value ?? 'schedules';
  if (events !== 'schedules' && events !== 'all')
    throw new Failure(2, `${given!.name} is "${events}"; expected schedules or all`);
  if (!webhook) return undefined;
  const { name, value } = webhook;
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new Failure(2, `${name} is not an http or https URL`);
  const { username, password } = new URL(value);
  if (username !== '' || password !== '')
    throw new Failure(
      2,
      `${name} contains a user name or a password; leave them out: notices are signed with ANNALS_WEBHOOK_SECRET`,
    );
  return { url: value, secret: secretOf(), events };
};

const minSecretBytes = 16;

/** The secret comes only from the environment: everyone on the machine can see arguments. */
const secretOf = (): string => {
  const secret = setting('ANNALS_WEBHOOK_SECRET') ?? '';
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(secret.slice('whsec_'.length));
  if (secret.startsWith('whsec_') && (!isBase64 || webhookKey(secret).length < minSecretBytes))
    throw new Failure(
      2,
      `ANNALS_WEBHOOK_SECRET begins with whsec_; expected at least ${minSecretBytes} bytes in base64 after it`,
    );
  if (secret.length < minSecretBytes)
    throw new Failure(
      2,
      `Set ANNALS_WEBHOOK_SECRET, which signs the webhook, to at least ${minSecretBytes} characters`,
    );
  return secret;
};
