import { describe, expect, it } from 'vitest';
import { code, pageHead, table } from '#tools/reference/markdown-table.ts';

describe('a table of Markdown', () => {
  it('keeps a cell within its cell, and is nothing without rows', () => {
    expect(table(['a', 'b'], [['x|y', 'two\n lines']])).toBe(
      '| a | b |\n| --- | --- |\n| x\\|y | two lines |',
    );
    expect(table(['a'], [])).toBe('');
  });

  it('has code that may hold backticks', () => {
    expect(code('a')).toBe('`a`');
    expect(code('a `b`')).toBe('`` a `b` ``');
  });

  it('stands below a head that says how it was made', () => {
    expect(pageHead('T', 'About.')).toMatch(/^<!-- Made by "npm run reference".*-->\n\n# T\n\nAbout\.\n$/);
  });
});
