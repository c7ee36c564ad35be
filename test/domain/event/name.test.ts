import { describe, expect, it } from 'vitest';
import { isName, maxNameCharacters } from '#domain/event/name.ts';

describe('a name', () => {
  it.each([
    ['a letter', 'a'],
    ['a space', ' '],
    ['as many characters as it may have', 'é'.repeat(maxNameCharacters)],
    ['as many of two UTF-16 units', '🦩'.repeat(maxNameCharacters)],
    ['a letter of right-to-left writing', '\u202e'],
  ])('may be %s', (_, text) => {
    expect(isName(text)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['a character too many', 'a'.repeat(maxNameCharacters + 1)],
    ['a character too many, of two UTF-16 units', `${'🦩'.repeat(maxNameCharacters)}a`],
    ['a tab', 'a\tb'],
    ['a newline', 'a\n'],
    ['a character of C1', 'a\u0085'],
    ['DEL', '\u007f'],
    ['the first half of a pair', 'a\ud83e'],
    ['the second half of one', '\udda9a'],
    ['two halves in the wrong order', '\udda9\ud83e'],
  ])('is not %s', (_, text) => {
    expect(isName(text)).toBe(false);
  });
});
