import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dataKeyOf,
  nonceBytes,
  openSecrets,
  SecretsUnreadable,
  sealSecrets,
} from '#domain/deliver/sealed-secrets.ts';

const key = dataKeyOf('the key');
const nonce = randomBytes(nonceBytes);
const place = { scopeId: 'acme', id: 'siem', version: 'v1' };
const secrets = {
  url: 'https://u:canary@x.test/?k=canary',
  secrets: ['canary-1'],
  headers: { 'x-k': 'canary' },
};

describe('sealed secrets', () => {
  it('open to what was sealed, under the same key and place', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.string()),
        fc.dictionary(fc.stringMatching(/^x-[a-z]{1,9}$/), fc.string()),
        (url, list, headers) => {
          const given = { url, secrets: list, headers: { ...headers } };
          expect(openSecrets(key, place, sealSecrets(key, nonce, place, given))).toEqual(given);
        },
      ),
    );
  });

  it('show nothing of what they hold', () => {
    const { sealed } = sealSecrets(key, nonce, place, secrets);
    expect(sealed).not.toContain('canary');
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('canary');
  });

  it.each([
    ['another key', dataKeyOf('another key'), place],
    ['another delivery', key, { ...place, id: 'other' }],
    ['another scope', key, { ...place, scopeId: 'globex' }],
    ['another version', key, { ...place, version: 'v2' }],
  ])('do not open under %s', (_, otherKey, otherPlace) => {
    const sealed = sealSecrets(key, nonce, place, secrets);
    expect(() => openSecrets(otherKey, otherPlace, sealed)).toThrow(SecretsUnreadable);
  });

  it('do not open if a byte was changed, or if they are too short, and the error quotes nothing', () => {
    const { sealed } = sealSecrets(key, nonce, place, secrets);
    const bytes = Buffer.from(sealed, 'base64');
    for (const at of [0, nonceBytes, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      expect(() => openSecrets(key, place, { format: 1, sealed: changed.toString('base64') })).toThrow(
        'The secrets of the delivery siem cannot be opened with the key of this installation; set them again',
      );
    }
    expect(() => openSecrets(key, place, { format: 1, sealed: 'AAAA' })).toThrow(SecretsUnreadable);
  });
});

it('has a key of 256 bits, the same from the same text', () => {
  expect(dataKeyOf('the key')).toHaveLength(32);
  expect(dataKeyOf('the key')).toEqual(key);
});
