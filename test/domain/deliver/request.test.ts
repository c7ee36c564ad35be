import { describe, expect, it } from 'vitest';
import type { Caller } from '#domain/access/caller.ts';
import type { Definition } from '#domain/deliver/delivery.ts';
import { parseDeliveryRequest, replayRequestShape } from '#domain/deliver/request.ts';

const admin: Caller = { role: 'admin', principal: 'u-1', scopeId: 'acme' };
const operator: Caller = { role: 'operator', principal: 'o' };
const support: Caller = { role: 'support', principal: 's' };
const s3 = {
  type: 's3',
  bucket: 'acme-audit-log',
  region: 'eu-central-1',
  role_arn: 'arn:aws:iam::111122223333:role/annals',
};
const https = { type: 'https', url: 'https://u:p@siem.example.com/in?token=t' };
const directory = { type: 'directory', path: 'acme/log' };
const parse = (body: object, caller: Caller = admin, before?: Definition) =>
  parseDeliveryRequest(body, caller, before);
const problemOf = (body: object, caller?: Caller, before?: Definition) => {
  const parsed = parse(body, caller, before);
  return 'problem' in parsed ? [parsed.problem.code, parsed.problem.path] : undefined;
};

describe('the request of a delivery', () => {
  it('belongs to the admin who asks, and has what was asked', () => {
    expect(parse({ destination: s3, filter: { action: 'context.*,-context.read' } })).toEqual({
      definition: {
        destination: s3,
        format: 'json',
        form_version: 1,
        filter: { action: ['"context."*', '-"context.read"'] },
        paused: false,
        requested_by: 'u-1',
      },
      from: undefined,
      confirmedFrom: undefined,
      isDryRun: false,
      secrets: undefined,
    });
  });

  it('is for admins and the operator, and a directory for the operator alone', () => {
    expect(problemOf({ destination: s3 }, support)).toEqual(['forbidden', '']);
    expect(problemOf({ destination: directory })).toEqual(['forbidden', '/destination/type']);
    expect(problemOf({ destination: directory }, operator)).toBeUndefined();
    expect(problemOf({ destination: s3 }, operator)).toEqual(['requester_required', '/requested_by']);
    expect(problemOf({ destination: s3, requested_by: 'u-2' })).toEqual(['forbidden', '/requested_by']);
  });

  it('parts what is secret from what is shown', () => {
    const headers = { 'x-b': 'secret', authorization: 'Splunk secret' };
    const parsed = parse({ destination: { ...https, secret: 'whsec_0123456789abcdef', headers } });
    if ('problem' in parsed) expect.fail(parsed.problem.message);
    expect(parsed.definition.destination).toEqual({
      type: 'https',
      url: 'https://siem.example.com/in',
    });
    expect(parsed.secrets).toEqual({ url: https.url, secret: 'whsec_0123456789abcdef', headers });
    expect(JSON.stringify(parsed.definition)).not.toMatch(/secret|token|u:p/);
  });

  it('leaves as it is what it does not name, and says what a new delivery needs', () => {
    const before: Definition = {
      destination: {
        type: 'https',
        url: 'https://siem.example.com/in',
        preset: 'otlp',
        header_names: ['x-key'],
        live_secrets: 1,
      },
      format: 'ocsf',
      form_version: 0,
      filter: { action: ['"user."*'] },
      paused: true,
      requested_by: 'u-2',
      reason: 'of before',
      secret_version: 'v1',
    };
    const { reason: _, ...kept } = before;
    expect(parse({}, operator, before)).toMatchObject({
      definition: kept,
      from: undefined,
      secrets: undefined,
    });
    // An admin owns what they set.
    expect(parse({}, admin, before)).toMatchObject({ definition: { ...kept, requested_by: 'u-1' } });
    expect(parse({ destination: { type: 'https', secret: null } }, operator, before)).toMatchObject({
      definition: kept,
      from: undefined,
      secrets: { secret: null },
    });
    const all = { format: 'json', filter: null, paused: false, requested_by: 'u-3', reason: 'r' };
    const { filter: __, ...unfiltered } = kept;
    expect(parse(all, operator, before)).toMatchObject({
      definition: { ...unfiltered, format: 'json', form_version: 1, paused: false, requested_by: 'u-3' },
    });
    expect(parse(all, operator, before)).not.toHaveProperty('definition.filter');
    const bucket: Definition = { ...before, destination: { ...s3, type: 's3', prefix: 'audit' } };
    expect(parse({ destination: s3 }, operator, bucket)).toMatchObject({
      definition: { destination: { ...s3, prefix: 'audit' } },
    });
    expect(problemOf({})).toEqual(['invalid_request', '/destination']);
    expect(problemOf({ destination: { type: 'https' } })).toEqual(['invalid_request', '/destination/url']);
    expect(problemOf({ destination: { type: 'https' } }, admin, bucket)).toEqual([
      'invalid_request',
      '/destination/url',
    ]);
    expect(problemOf({ destination: { ...https, previous_secret: 'x'.repeat(16) } })).toEqual([
      'invalid_request',
      '/destination/previous_secret',
    ]);
  });

  it.each([
    ['bucket', { ...s3, bucket: '../x' }],
    ['bucket', { ...s3, bucket: '192.168.1.1' }],
    ['bucket', { ...s3, bucket: 'a..b' }],
    ['region', { ...s3, region: 'eu-central-1.evil.example' }],
    ['role_arn', { ...s3, role_arn: 'arn:aws:iam::111122223333:role/*' }],
    ['prefix', { ...s3, prefix: '../up' }],
    ['prefix', { ...s3, prefix: '/a' }],
    ['path', { ...directory, path: '../../etc' }],
    ['path', { ...directory, path: 'a/./b' }],
    ['url', { ...https, url: 'http://siem.example.com/' }],
    ['url', { ...https, url: 'file:///etc/passwd' }],
    ['secret', { ...https, secret: 'short' }],
  ])('refuses a %s that is not one', (member, destination) => {
    expect(problemOf({ destination }, operator)).toEqual(['invalid_request', `/destination/${member}`]);
  });

  it('refuses a header that decides about the connection', () => {
    for (const name of ['host', 'content-length', 'transfer-encoding', 'webhook-signature', 'cookie'])
      expect(problemOf({ destination: { ...https, headers: { [name]: 'x' } } })?.[0]).toBe('invalid_request');
    const injected = { ...https, headers: { 'x-a': 'a\r\nhost: b' } };
    expect(problemOf({ destination: injected })?.[0]).toBe('invalid_request');
  });

  it('names runs to send again in their order', () => {
    expect(replayRequestShape.safeParse({ first_run: 3, last_run: 2 }).success).toBe(false);
    expect(replayRequestShape.safeParse({ first_run: 2, last_run: 3 }).success).toBe(true);
    expect(replayRequestShape.safeParse({ first_run: 1, last_run: 10_001 }).success).toBe(false);
  });
});
