import { afterEach, describe, expect, it, vi } from 'vitest';
import { webhookOf } from '#cli/start/webhook.ts';

const given = (value: string) => ({ value, name: '--webhook' });
const url = 'https://hooks.example.com/x';
afterEach(() => void vi.unstubAllEnvs());

describe('the webhook of annals start', () => {
  it('notifies of scheduled exports unless all are asked for, signed with the secret', () => {
    vi.stubEnv('ANNALS_WEBHOOK_SECRET', 'sixteen letters!');
    const webhook = { url, secret: 'sixteen letters!' };
    expect(webhookOf(given(url), undefined)).toEqual({ ...webhook, events: 'schedules' });
    expect(webhookOf(given(url), { value: 'all', name: '--webhook-events' })).toEqual({
      ...webhook,
      events: 'all',
    });
    expect(webhookOf(undefined, undefined)).toBeUndefined();
  });

  it('refuses to notify of anything else', () => {
    const events = { value: 'none', name: 'ANNALS_WEBHOOK_EVENTS' };
    expect(() => webhookOf(undefined, events)).toThrow(
      'ANNALS_WEBHOOK_EVENTS is "none"; expected schedules or all',
    );
  });

  it.each([
    ['', 'to at least 16 characters'],
    ['too short', 'to at least 16 characters'],
    ['whsec_not base64, though long enough', 'expected at least 16 bytes in base64 after it'],
    [`whsec_${Buffer.from('short').toString('base64')}`, 'expected at least 16 bytes in base64 after it'],
  ])('refuses the secret "%s", and does not print it', (secret, message) => {
    vi.stubEnv('ANNALS_WEBHOOK_SECRET', secret);
    const failure = (() => {
      try {
        return webhookOf(given(url), undefined);
      } catch (error) {
        return error as { exitCode: number; message: string };
      }
    })();
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining(message) });
    if (secret !== '') expect((failure as { message: string }).message).not.toContain(secret);
  });
});
