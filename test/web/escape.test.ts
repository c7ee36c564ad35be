import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutValue, maxShown, showInvisible } from '#web/escape.ts';

describe('a value that is shown', () => {
  it('has no character that is not seen, or that turns the text around it', () => {
    expect(showInvisible('a\u202eb\u200b\u0000\n\t\ufeff\u2028')).toBe(
      'a\\u{202e}b\\u{200b}\\u{0000}\\n\\t\\u{feff}\\u{2028}',
    );
    expect(showInvisible('\ud800x')).toBe('\\u{d800}x');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(showInvisible(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]/u);
      }),
    );
  });

  it('stays as it is otherwise', () => {
    for (const text of ['Zoë 🦩', 'مرحبا', '日本語', 'a  b', '=HYPERLINK("x")'])
      expect(showInvisible(text)).toBe(text);
  });

  it('is cut at whole characters, and its length is said', () => {
    expect(cutValue('🦩'.repeat(maxShown))).toEqual({ shown: '🦩'.repeat(maxShown), length: undefined });
    expect(cutValue('🦩'.repeat(maxShown + 1))).toEqual({
      shown: '🦩'.repeat(maxShown),
      length: 2 * (maxShown + 1),
    });
    expect(cutValue('a'.repeat(1000))).toEqual({ shown: 'a'.repeat(maxShown), length: 1000 });
    expect(cutValue('')).toEqual({ shown: '', length: undefined });
  });
});
