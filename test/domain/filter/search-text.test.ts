import { describe, expect, it } from 'vitest';
import { foldText, holdsText } from '#domain/filter/search-text.ts';

const finds = (cell: string, text: string): boolean => holdsText(cell, foldText(text));

describe('a text', () => {
  it.each([
    ['{"name":"Zoë Müller"}', 'zoË mÜLLER'],
    ['{"name":"a\\u0064min"}', 'ADMIN'],
    ['{"name":"a\\u0064min"}', '\\u0064'],
    ['{"name":"\\ud83d\\ude00"}', '😀'],
    ['{"name":"say \\"hi\\" \\\\ \\/"}', 'say "hi" \\ /'],
    ['{"name":"a\\tb"}', 'a\tb'],
    ['user.login', 'LOG'],
  ])('is found in %s: %s', (cell, text) => {
    expect(finds(cell, text)).toBe(true);
  });

  it('is not found where it is not', () => {
    expect(finds('{"name":"\\\\u0064min"}', 'dmin"x')).toBe(false);
    expect(finds('{"name":"a\\\\tb"}', 'a\tb')).toBe(false);
    expect(finds('admi', 'admin')).toBe(false);
  });
});
