import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible, visibleJson, visibleLines } from '#cli/terminal.ts';

/** What no terminal may be given: controls, separators, halves, and what turns or hides text. */
const dangerous = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2060-\u2069\u200b\ufeff\u00ad]/u;

describe('text on a terminal', () => {
  it.each([
    ['\u001b[31mred', '\\u001b[31mred'],
    ['a\u009b2J', 'a\\u009b2J'],
    ['invoice\u202etxt.exe', 'invoice\\u202etxt.exe'],
    ['\u2066a\u2069\u200e\u200f', '\\u2066a\\u2069\\u200e\\u200f'],
    ['a\u2028b\u2029c\nd\re\tf', 'a\\u2028b\\u2029c\\u000ad\\u000de\\u0009f'],
    ['half \ud83d', 'half \\ud83d'],
    ['\u{e0041}\u200b\ufeff', '\\udb40\\udc41\\u200b\\ufeff'],
    ['Zoë 🦩 日本語 👩‍👩‍👧 نیم‌فاصله', 'Zoë 🦩 日本語 👩‍👩‍👧 نیم‌فاصله'],
  ])('shows %j as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('has nothing left that steers, turns or hides, whatever came', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(visible(text)).not.toMatch(dangerous);
        expect(visibleLines(text).split('\n').join('')).not.toMatch(dangerous);
        expect(visible(visible(text))).toBe(visible(text));
      }),
    );
  });

  it('is the same JSON if it is JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), value => {
        for (const json of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
          expect(JSON.parse(visibleJson(json))).toEqual(JSON.parse(json));
          expect(visibleJson(json).replaceAll('\n', '')).not.toMatch(dangerous);
        }
      }),
    );
  });
});
