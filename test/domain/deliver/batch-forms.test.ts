import { expect, it } from 'vitest';
import { batchFormOf, plainForm } from '#domain/deliver/batch-forms.ts';
import { presets } from '#domain/deliver/destination.ts';

it('has a form for every preset, and sends the lines as they are without one', () => {
  for (const preset of presets) expect(batchFormOf(preset)).not.toBe(plainForm);
  const lines = ['{"a":1}\n', '{"b":1.50}\n'];
  const entries = lines.map(text => batchFormOf(undefined).entry({ text, event: undefined }, 0).text);
  expect(batchFormOf(undefined).body(entries)).toBe(lines.join(''));
  expect(plainForm.verdict({ status: 204, body: 'anything' }, 0)).toEqual({ kind: 'taken' });
});
