import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { renderRecord, renderTable, shorten } from '#cli/table.ts';

const widest = (text: string): number => Math.max(...text.split('\n').map(line => stringWidth(line)));
const id = '0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77';

describe('a table', () => {
  it('fits into 100 columns, whatever its cells hold', () => {
    const row = fc.record({
      id: fc.string({ unit: 'binary', maxLength: 300 }),
      n: fc.integer(),
      reason: fc.string({ unit: 'grapheme', maxLength: 400 }),
      scope: fc.string({ maxLength: 80 }),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), rows => {
        expect(widest(renderTable(rows, { prose: ['reason'] }))).toBeLessThanOrEqual(100);
        expect(widest(renderTable(rows, { whole: ['n'] }))).toBeLessThanOrEqual(100);
        expect(widest(renderRecord(rows[0]!))).toBeLessThanOrEqual(100);
      }),
      { numRuns: 50 },
    );
  });

  it('shortens ids in the middle, and leaves those that the next command needs', () => {
    const rows = [{ id, scope: 'a'.repeat(60), by: 'b'.repeat(60) }];
    const text = renderTable(rows, { whole: ['id'] });
    expect(text).toContain(id);
    expect(text).toMatch(/a{10,}…a{10,}/);
    expect(widest(text)).toBeLessThanOrEqual(100);
    expect(shorten(id, 13)).toBe('0191f3…1f9a77');
  });

  it('wraps sentences and loses none of their words', () => {
    const words = Array.from({ length: 60 }, (_, n) => `word${n}`);
    const text = renderTable([{ line: 1, message: words.join(' ') }], { prose: ['message'] });
    expect(text.match(/word\d+/g)).toEqual(words);
  });

  it('shows records if its columns would be too narrow', () => {
    const row = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`column ${n}`, 'x'.repeat(20)]));
    const text = renderTable([row, row]);
    expect(text.split('\n').filter(line => line.startsWith('column 11'))).toHaveLength(2);
    expect(widest(text)).toBeLessThanOrEqual(100);
  });

  it('escapes what its cells bring', () => {
    const row = { reason: '\u001b]0;gone\u0007\u202e', '\u001b[2J': 'x\ny' };
    for (const text of [renderTable([row]), renderRecord(row)]) {
      expect(text).toContain('\\u001b]0;gone\\u0007\\u202e');
      expect(text).toContain('\\u001b[2J');
      expect(text).toContain('x\\u000ay');
      expect(text).not.toMatch(/[\u001b\u0007\u202e]/);
    }
  });
});
