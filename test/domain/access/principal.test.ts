import { describe, expect, it } from 'vitest';
import { printActor } from '#domain/access/principal.ts';

describe('who acted, for an operator to read', () => {
  it.each([
    ['arn:aws:iam::000000000000:role/annals-operator', 'operator'],
    ['arn:aws:iam::000000000000:role/annals-emitter/k-3f2a9c0d1e4b5a67', 'emitter/k-3f2a9c0d1e4b5a67'],
    ['arn:aws:iam::000000000000:role/annals-operator/k-3f2a9c0d1e4b5a67 (Jo (ops))', 'Jo (ops)'],
    ['arn:aws:iam::111122223333:role/Support', 'Support'],
    ['arn:aws:iam::111122223333:role/annals-support (jo@example.com)', 'jo@example.com'],
    ['u-17', 'u-17'],
  ])('%s is %s', (identity, shown) => {
    expect(printActor(identity)).toBe(shown);
  });
});
