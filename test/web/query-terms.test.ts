import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Term } from '#domain/filter/term.ts';
import { faultOfTerms } from '#domain/filter/terms-shape.ts';
import { faultOfTerm } from '#web/query-terms.ts';

const value = (text: string): Term => ({ isNegated: false, kind: 'value', value: text });
const prefix = (text: string): Term => ({ isNegated: false, kind: 'prefix', value: text });
const fields = ['success', 'action', 'id', 'address', 'actor'] as const;

it('is said of the terms that the API refuses, and of no other', () => {
  const text = fc.oneof(
    fc.uuid(),
    fc.uuid().map(id => id.toUpperCase()),
    fc.ipV4(),
    fc.ipV6(),
    fc.ipV6().map(address => `${address}%eth0`),
    fc.constantFrom(
      'true',
      'user.login',
      '0191f3a0',
      '::ffff:192.0.2.1',
      '1.2.3',
      '01.2.3.4',
      '256.1.1.1',
      ':::',
    ),
    fc.string({ unit: 'grapheme-ascii' }),
  );
  const term = fc.oneof(text.map(value), text.map(prefix));
  fc.assert(
    fc.property(fc.constantFrom(...fields), term, (field, given) => {
      expect(faultOfTerm(field, given) === undefined).toBe(faultOfTerms(field, [given]) === undefined);
    }),
    { numRuns: 2000 },
  );
});

it('is not said of a path', () => {
  expect(faultOfTerm('payload.id', value('x'))).toBeUndefined();
});
