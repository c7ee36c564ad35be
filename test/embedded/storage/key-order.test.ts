import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys, sortKeys } from '#embedded/storage/key-order.ts';

describe('the order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    const keys = fc.array(fc.string({ unit: fc.constantFrom('a', '/', '-', 'é', '\uffff', '\u{10000}') }));
    fc.assert(
      fc.property(keys, names => {
        const expected = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(sortKeys([...names])).toEqual(expected);
        for (const [at, name] of expected.entries())
          if (at > 0) expect(compareKeys(expected[at - 1]!, name)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
