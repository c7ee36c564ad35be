import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePathId } from '#domain/http/path-id.ts';
import { pathId } from '#web/path-id.ts';

describe('an id in a path', () => {
  it('is written as the server reads it', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('.', '..', 'a/b', 'ü', '>>>')),
        id => {
          expect(pathId(id)).toBe(encodePathId(id));
        },
      ),
    );
  });
});
