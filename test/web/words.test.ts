import { describe, expect, it } from 'vitest';
import { laterWords } from '#web/words/later-words.ts';
import { say, words } from '#web/words.ts';

const textsOf = (section: object): string[] =>
  Object.values(section).flatMap(value => (typeof value === 'string' ? [value] : textsOf(value as object)));

describe('the words of the page', () => {
  it('take their values, numbers with their word', () => {
    expect(say('{n} {n|event|events} of {who}', { n: 1, who: 'a' })).toBe('1 event of a');
    expect(say('{n} {n|event|events} of {who}', { n: 12_345, who: '{n}' })).toBe('12,345 events of {n}');
  });

  it('have braces for values only, and end without a blank', () => {
    for (const text of [...textsOf(words), ...textsOf(laterWords)]) {
      expect(text.replaceAll(/\{\w+(\|[^|}]*\|[^}]*)?\}/g, ''), text).not.toMatch(/[{}]/);
      expect(text.trim()).toBe(text === words.query.or ? 'or' : text);
      expect(text).not.toBe('');
    }
  });
});
