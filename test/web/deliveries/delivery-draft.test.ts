import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { parseDeliveryRequest } from '#domain/deliver/request.ts';
import {
  bodyOf,
  type Draft,
  emptyDraft,
  hasSecrets,
  isComplete,
  isWholeTime,
  makeSecret,
  wantsOwner,
  withoutSecrets,
} from '#web/deliveries/delivery-draft.ts';

const https: Draft = {
  ...emptyDraft,
  url: 'https://user:canary-1@siem.example.com/annals?key=canary-2',
  secret: 'canary-3-canary-3',
  headers: [
    { name: ' X-Key ', value: 'canary-4' },
    { name: '', value: 'canary-5' },
  ],
};
const s3: Draft = {
  ...emptyDraft,
  type: 's3',
  bucket: 'acme-logs',
  region: 'eu-central-1',
  role: 'arn:aws:iam::123456789012:role/annals',
};
const directory: Draft = { ...emptyDraft, type: 'directory', path: 'acme' };

const asAdmin = { role: 'admin', reason: null } as const;
const asOperator = { role: 'operator', reason: 'ticket 1' } as const;
const parsedBy = (draft: Draft, session: typeof asAdmin | typeof asOperator) => {
  const caller =
    session.role === 'admin'
      ? { role: 'admin', principal: 'u-17', scopeId: 'acme' }
      : { role: 'operator', principal: 'root' };
  const body = JSON.parse(JSON.stringify(bodyOf(draft, session)));
  return parseDeliveryRequest(body, caller as Parameters<typeof parseDeliveryRequest>[1]);
};

describe('a new delivery', () => {
  it('is a body that the API takes, with the secrets apart', () => {
    expect(parsedBy({ ...https, preset: 'datadog', format: 'ocsf' }, asAdmin)).toMatchObject({
      definition: {
        destination: {
          type: 'https',
          url: 'https://siem.example.com/annals',
          preset: 'datadog',
        },
        format: 'ocsf',
        paused: false,
        requested_by: 'u-17',
      },
      secrets: { url: https.url, secret: https.secret, headers: { 'x-key': 'canary-4' } },
    });
    expect(parsedBy({ ...s3, prefix: 'logs/annals' }, asAdmin)).toMatchObject({
      definition: {
        destination: { type: 's3', bucket: 'acme-logs', prefix: 'logs/annals', role_arn: s3.role },
      },
      secrets: undefined,
    });
  });

  it('leaves out what was not filled in', () => {
    expect(bodyOf(s3, asAdmin)).toEqual({
      destination: { type: 's3', bucket: s3.bucket, region: s3.region, role_arn: s3.role },
      format: 'json',
    });
    expect(bodyOf({ ...emptyDraft, url: 'https://a.example' }, asAdmin)).toEqual({
      destination: { type: 'https', url: 'https://a.example' },
      format: 'json',
    });
  });

  it('has the actions and the beginning as they were typed', () => {
    const draft = { ...s3, actions: ' user.*, context.delete ', from: '2026-11-01' };
    expect(parsedBy(draft, asAdmin)).toMatchObject({
      definition: { filter: { action: ['"user."*', '"context.delete"'] } },
      from: '2026-11-01T00:00:00.000000000Z',
    });
  });

  it('names the owner and the reason for the operator, but for a directory no owner', () => {
    expect(parsedBy({ ...https, owner: 'u-17' }, asOperator)).toMatchObject({
      definition: { requested_by: 'u-17', reason: 'ticket 1' },
    });
    expect(wantsOwner(directory, 'operator')).toBe(false);
    expect(bodyOf({ ...directory, owner: 'u-17' }, asOperator)).not.toHaveProperty('requested_by');
    expect(parsedBy(directory, asOperator)).not.toHaveProperty('problem');
    expect(parsedBy(directory, asAdmin)).toHaveProperty('problem');
  });

  it('is complete once it has what its destination wants', () => {
    expect(isComplete(emptyDraft, 'admin')).toBe(false);
    expect(isComplete({ ...emptyDraft, url: 'http://siem.example.com' }, 'admin')).toBe(false);
    expect(isComplete(https, 'admin')).toBe(true);
    expect(isComplete(https, 'operator')).toBe(false);
    expect(isComplete({ ...https, owner: 'u-17' }, 'operator')).toBe(true);
    for (const name of ['bucket', 'region', 'role'] as const)
      expect(isComplete({ ...s3, [name]: '' }, 'admin')).toBe(false);
    expect(isComplete(s3, 'admin')).toBe(true);
    expect(isComplete(directory, 'operator')).toBe(true);
    expect(isComplete({ ...directory, path: '' }, 'operator')).toBe(false);
  });

  it('keeps nothing secret after the request', () => {
    const kept = withoutSecrets(https);
    expect(JSON.stringify(kept)).not.toContain('canary');
    expect(kept.url).toBe('https://siem.example.com/annals');
    expect(kept.headers.map(({ name }) => name)).toEqual([' X-Key ', '']);
    expect(withoutSecrets({ ...https, url: 'https://[canary?canary' }).url).toBe('');
    expect(hasSecrets(https)).toBe(true);
    expect(hasSecrets(kept)).toBe(false);
    expect(hasSecrets(s3)).toBe(false);
    expect(hasSecrets({ ...emptyDraft, url: 'https://a.example/b?c=d' })).toBe(true);
  });

  it('has a secret of 32 random bytes, in the form of Standard Webhooks', () => {
    const [one, other] = [makeSecret(), makeSecret()];
    expect(one).not.toBe(other);
    expect(one).toMatch(/^whsec_/);
    expect(Buffer.from(one.slice(6), 'base64')).toHaveLength(32);
  });
});

it('takes a date or a time for whole once nothing is missing', () => {
  for (const text of ['2026-11-01', '2026-11-01T00:00:00Z', '2026-11-01T00:00:00.5+01:00'])
    expect(isWholeTime(text), text).toBe(true);
  for (const text of ['', '2026-11', '2026-11-0', '2026-11-01T', '2026-11-01T00:00', '2026-11-01T00:00:00'])
    expect(isWholeTime(text), text).toBe(false);
});
