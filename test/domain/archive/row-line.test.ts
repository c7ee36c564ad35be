import { describe, expect, it } from 'vitest';
import { readLine } from '#domain/archive/row-line.ts';
import { anId, rowText } from '#test/support/builders.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const text = rowText(anId, at, { payload: { text: 'é"\\\n\u0001' } });
const read = (line: string) => readLine(Buffer.from(line));

describe('a line on its way to the ledger', () => {
  it('gives the cells that filing needs', () => {
    expect(read(text)).toEqual({
      cells: { occurred_at: at, id: anId, scope_id: 'acme', target_id: 'c-1' },
    });
  });

  it('that was cut anywhere is not a row', () => {
    for (let length = 0; length < text.length; length++)
      expect(read(text.slice(0, length)), String(length)).toHaveProperty('fault');
  });

  it.each([
    ['a space', text.replace('{', '{ ')],
    ['another column', text.replace('{', '{"other":"x",')],
    ['something behind it', `${text} `],
    ['a required column less', text.replace(`"id":"${anId}",`, '')],
    ['another form of an escape', text.replace('context', '\\u0063ontext')],
    ['a version that is not one', text.replace('"version":1', '"version":01')],
  ])('with %s is not canonical, and the fault repeats nothing of it', (_, line) => {
    expect(line).not.toBe(text);
    const { fault } = read(line) as { fault: string };
    expect(fault).toMatch(/^The (column|line)/);
    expect(fault).not.toContain('acme');
  });
});
