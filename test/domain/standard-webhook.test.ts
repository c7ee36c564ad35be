import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { signStandardWebhook, webhookKey } from '#domain/standard-webhook.ts';

const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

it('signs as the example that Standard Webhooks publishes', () => {
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', seconds: 1614265330, text: '{"test": 2432232314}' };
  const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
  expect(signStandardWebhook([key], message)).toBe(signature);
  expect(signStandardWebhook([key], { ...message, text: Buffer.from(message.text) })).toBe(signature);
});

it('signs by each secret while one is rotated, and the library takes either', () => {
  const seconds = Math.floor(Date.now() / 1000);
  const signature = signStandardWebhook(['a new secret of ours', key], { id: 'm', seconds, text: '{}' });
  const headers = { 'webhook-id': 'm', 'webhook-timestamp': String(seconds), 'webhook-signature': signature };
  expect(new Webhook(key).verify('{}', headers)).toEqual({});
  expect(new Webhook('a new secret of ours', { format: 'raw' }).verify('{}', headers)).toEqual({});
  expect(() => new Webhook(key).verify('{ }', headers)).toThrow('No matching signature');
  expect(signStandardWebhook([key], { id: 'm', seconds, text: '{}' })).toBe(signature.split(' ')[1]);
});

it('takes the key from base64 after whsec_, and from the text of any other secret', () => {
  expect(webhookKey('whsec_AAEC')).toEqual(Buffer.from([0, 1, 2]));
  expect(webhookKey('AAEC')).toEqual(Buffer.from('AAEC'));
});
