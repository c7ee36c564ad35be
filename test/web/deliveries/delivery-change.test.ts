import { describe, expect, it } from 'vitest';
import type { Definition } from '#domain/deliver/delivery.ts';
import { parseDeliveryRequest } from '#domain/deliver/request.ts';
import {
  type ChangeDraft,
  changeBodyOf,
  draftOf,
  isChanged,
  mayEdit,
  secretStepsFor,
} from '#web/deliveries/delivery-change.ts';
import { withoutSecrets } from '#web/deliveries/delivery-draft.ts';
import type { Delivery } from '#web/deliveries/describe-delivery.ts';

const definition: Definition = {
  destination: {
    type: 'https',
    url: 'https://siem.example.com/in',
    header_names: ['authorization', 'x-key'],
    live_secrets: 1,
  },
  format: 'json',
  form_version: 1,
  filter: { action: ['"user."*', '-"user.read"'] },
  paused: false,
  requested_by: 'u-1',
};
const https = { ...definition, id: 'siem' } as unknown as Delivery;
const s3 = {
  ...https,
  filter: null,
  destination: { type: 's3', bucket: 'b', region: 'eu-central-1', role_arn: 'r' },
} as Delivery;
const asAdmin = { role: 'admin', reason: null, user_id: 'u-1' } as const;
const asOperator = { role: 'operator', reason: 'ticket 1', user_id: 'ada' } as const;
const bodyOf = (
  part: Partial<ChangeDraft>,
  one = https,
  session: typeof asAdmin | typeof asOperator = asAdmin,
) => changeBodyOf({ ...draftOf(one), ...part }, one, session);

describe('a change of a delivery', () => {
  it('leaves out what was not touched', () => {
    expect(bodyOf({})).toEqual({});
    expect(bodyOf({}, s3)).toEqual({});
    expect(bodyOf({}, https, asOperator)).toEqual({ reason: 'ticket 1' });
    expect(isChanged(draftOf(https), https, asAdmin)).toBe(false);
    expect(isChanged(draftOf(https), https, asOperator)).toBe(false);
    // Whoever saves owns it.
    expect(isChanged(draftOf(https), https, { ...asAdmin, user_id: 'u-2' })).toBe(true);
  });

  it('has another format, other actions or none, and another owner, as the API takes them', () => {
    const body = bodyOf({ format: 'ocsf', actions: ' context.* ', owner: 'u-9' }, https, asOperator);
    expect(body).toEqual({
      format: 'ocsf',
      filter: { action: 'context.*' },
      requested_by: 'u-9',
      reason: 'ticket 1',
    });
    const caller = { role: 'operator', principal: 'root' } as const;
    expect(parseDeliveryRequest(body, caller, definition)).toMatchObject({
      definition: {
        destination: definition.destination,
        filter: { action: ['"context."*'] },
        requested_by: 'u-9',
      },
    });
    expect(bodyOf({ actions: '' })).toEqual({ filter: null });
    expect(bodyOf({ owner: 'u-9' })).toEqual({});
    expect(bodyOf({ owner: '' }, https, asOperator)).toEqual({ reason: 'ticket 1' });
  });

  it.each([
    ['rotate', { secret: 'new' }],
    ['replace', { secret: 'new', previous_secret: null }],
    ['end', { previous_secret: null }],
    ['remove', { secret: null }],
  ] as const)('says what becomes of the secret: %s', (secretStep, change) => {
    const part = { secretStep, secret: 'new' };
    expect(bodyOf(part)).toEqual({ destination: { type: 'https', ...change } });
    expect(isChanged({ ...draftOf(https), ...part }, https, asAdmin)).toBe(true);
    const without = { ...draftOf(https), ...part, secret: '' };
    expect(isChanged(without, https, asAdmin)).toBe(!('secret' in change) || change.secret === null);
  });

  it('offers what there is to do about a secret', () => {
    expect(secretStepsFor(0)).toEqual(['keep', 'replace']);
    expect(secretStepsFor(1)).toEqual(['keep', 'rotate', 'replace', 'remove']);
    for (const live of [2, undefined])
      expect(secretStepsFor(live)).toEqual(['keep', 'rotate', 'replace', 'end', 'remove']);
  });

  it('sets the headers that have a value, removes those that are gone, and names no other', () => {
    const [authorization, key] = draftOf(https).headers;
    expect(bodyOf({ headers: [key!] })).toEqual({
      destination: { type: 'https', headers: { authorization: null } },
    });
    const headers = [
      authorization!,
      { ...key!, value: 'v' },
      { name: ' X-New ', value: 'w' },
      { name: '', value: '' },
    ];
    expect(bodyOf({ headers })).toEqual({
      destination: { type: 'https', headers: { 'x-key': 'v', 'x-new': 'w' } },
    });
    // Removed, and added anew.
    expect(bodyOf({ headers: [authorization!, { name: 'x-key', value: 'v' }] })).toEqual({
      destination: { type: 'https', headers: { 'x-key': 'v' } },
    });
  });

  it('has the URL only if it is another one, and keeps nothing secret after the request', () => {
    expect(bodyOf({ url: ' https://siem.example.com/in ' })).toEqual({});
    const url = 'https://siem.example.com/in?key=canary';
    expect(bodyOf({ url })).toEqual({ destination: { type: 'https', url } });
    const [one, two] = draftOf(https).headers;
    const draft = { ...draftOf(https), url, secret: 'canary', headers: [one!, { ...two!, value: 'canary' }] };
    const kept = withoutSecrets(draft);
    expect(JSON.stringify(kept)).not.toContain('canary');
    expect(kept.headers).toEqual(draftOf(https).headers);
  });

  it('is for admins and the operator, and a directory for the operator alone', () => {
    const directory = { destination: { type: 'directory', path: 'acme' } } as const;
    expect([mayEdit(https, 'admin'), mayEdit(s3, 'operator'), mayEdit(directory, 'operator')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([mayEdit(https, 'support'), mayEdit(directory, 'admin')]).toEqual([false, false]);
  });
});
