import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { askConsent } from '#cli/ask-consent.ts';

const answered = async (answer: string) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end(answer);
  const consent = await askConsent('Send them?', { input, output, isTerminal: true });
  output.end();
  return [consent, await text(output)];
};

it('takes yes alone for a yes, and the end of the input for a no', async () => {
  for (const answer of ['y\n', 'YES\n']) expect(await answered(answer)).toEqual([true, 'Send them? [y/N] ']);
  for (const answer of ['n\n', '\n', 'yep\n', '']) expect((await answered(answer))[0]).toBe(false);
});

it('asks nobody if there is no terminal', async () => {
  const output = new PassThrough();
  expect(await askConsent('Send them?', { output, isTerminal: false })).toBeUndefined();
  output.end();
  expect(await text(output)).toBe('');
});
