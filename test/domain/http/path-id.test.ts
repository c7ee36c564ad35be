import { describe, expect, it } from 'vitest';
import { decodePathId, encodePathId, maxPathIdCharacters } from '#domain/http/path-id.ts';

describe('an id in a path', () => {
  it.each([
    ['org-1', 'org-1'],
    ['a.b_c', 'a.b_c'],
    ['.', '~Lg'],
    ['..', '~Li4'],
    ['~x', '~fng'],
    ['a/b', '~YS9i'],
    ['ü 🦩', `~${Buffer.from('ü 🦩').toString('base64url')}`],
  ])('is %j as %j, and comes back', (id, segment) => {
    expect(encodePathId(id)).toBe(segment);
    expect(decodePathId(segment)).toBe(id);
  });

  it('is as long as the longest id needs', () => {
    const id = '🦩'.repeat(256);
    expect(encodePathId(id)).toHaveLength(maxPathIdCharacters);
    expect(decodePathId(encodePathId(id))).toBe(id);
    expect(decodePathId('x'.repeat(maxPathIdCharacters + 1))).toBeUndefined();
  });

  it.each(['', 'a b', 'a/b', 'ü', '~!', '~YQ==', '~b3JnLTE', '~_w'])(
    'is not valid as %j: each id has one form',
    segment => expect(decodePathId(segment)).toBeUndefined(),
  );
});
