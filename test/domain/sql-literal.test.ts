import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxLiteralCharacters, NoLiteral, sqlLiteral } from '#domain/sql-literal.ts';

describe('a literal of SQL', () => {
  it('is one string literal, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), value => {
        fc.pre(!value.includes('\u0000'));
        const literal = sqlLiteral(value);
        expect(literal).toMatch(/^'(?:[^']|'')*'$/);
        expect(literal.slice(1, -1).replaceAll("''", "'")).toBe(value);
      }),
    );
  });

  it.each(["'; DROP TABLE events --", "\\'", "''", '?', "a' OR '1'='1"])('holds %j as text', value => {
    expect(sqlLiteral(value).slice(1, -1).replaceAll("''", "'")).toBe(value);
  });

  it.each([
    ['U+0000', 'a\u0000'],
    ['the first half of a pair', 'a\ud83e'],
    ['the second half of one', '\udda9'],
    ['two halves in the wrong order', '\udda9\ud83e'],
    ['more characters than Athena takes', "'".repeat(maxLiteralCharacters / 2)],
  ])('is not made of %s, and nothing is cut', (_, value) => {
    expect(() => sqlLiteral(value)).toThrow(NoLiteral);
  });

  it('holds the longest name, all of quotes or of pairs', () => {
    expect(sqlLiteral("'".repeat(256))).toHaveLength(514);
    expect(sqlLiteral('🦩'.repeat(256))).toHaveLength(514);
  });
});
