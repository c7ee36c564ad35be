import { describe, expect, it, vi } from 'vitest';

const printed = vi.hoisted(() => [] as string[]);
vi.mock('#cli/output.ts', () => ({
  printJson: async (value: unknown) => void printed.push(JSON.stringify(value)),
  printText: async (text: string) => void printed.push(text),
}));
const { print } = await import('#cli/print.ts');

const shown = async (...args: Parameters<typeof print>): Promise<string> => {
  await print(...args);
  return printed.pop()!;
};
const people = { json: false };
const hostile = 'a\u001b[31m\nb\u202e';
const escaped = 'a\\u001b[31m\\u000ab\\u202e';

describe('the outcome of a command', () => {
  it('is the value as JSON for programs, whatever is shown to people', async () => {
    expect(await shown({ json: true }, { a: [1] }, 'text')).toBe('{"a":[1]}');
  });

  it('is a table, or a sentence if there are no rows', async () => {
    expect(await shown(people, [], { table: [{ id: 'x', rows: 2 }], none: 'None' })).toBe(
      'id  rows\n──  ────\nx      2',
    );
    expect(await shown(people, [], { table: [], none: 'None' })).toBe('None');
  });

  it('is a record, a sentence, or what was done with further lines', async () => {
    expect(await shown(people, {}, { record: { id: 'x', rows: 2 } })).toBe('id    x\nrows  2');
    expect(await shown(people, {}, 'text')).toBe('text');
    expect(await shown(people, {}, { done: 'Done', more: ['a', 'b'] })).toBe('Done\na\nb');
  });

  it('is escaped in each of its forms, line breaks too', async () => {
    expect(await shown(people, {}, hostile)).toBe(escaped);
    expect(await shown(people, {}, { done: hostile, more: [hostile] })).toBe(`${escaped}\n${escaped}`);
    expect(await shown(people, [], { table: [], none: hostile })).toBe(escaped);
    expect(await shown(people, [], { table: [{ id: hostile }], none: '' })).toContain(escaped);
    expect(await shown(people, {}, { record: { id: hostile } })).toContain(escaped);
  });
});
