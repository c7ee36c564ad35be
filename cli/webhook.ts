/**
 * The webhook of `annals start`, from its flags and the environment. No message holds the URL, which may hold
 * a secret.
 */
import { webhookKey } from '#embedded/webhook.ts';
import { setting } from './environment.ts';
import { Failure } from './failure.ts';

/** What a flag or a variable says, and which of the two. */
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
      `${name} holds a user name or a password; leave them out: the webhook is signed with ANNALS_WEBHOOK_SECRET`,
    );
  return { url: value, secret: secretOf(), events };
};

const minSecretBytes = 16;

/** The secret comes from the environment alone: arguments are seen by everybody on the machine. */
const secretOf = (): string => {
  const secret = setting('ANNALS_WEBHOOK_SECRET') ?? '';
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(secret.slice('whsec_'.length));
  if (secret.startsWith('whsec_') && (!isBase64 || webhookKey(secret).length < minSecretBytes))
    throw new Failure(
      2,
      `ANNALS_WEBHOOK_SECRET begins with whsec_; expected the base64 of at least ${minSecretBytes} bytes after it`,
    );
  if (secret.length < minSecretBytes)
    throw new Failure(
      2,
      `Set ANNALS_WEBHOOK_SECRET to at least ${minSecretBytes} characters, which the webhook is signed with`,
    );
  return secret;
};
