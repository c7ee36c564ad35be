import { expect, it } from 'vitest';
import { failingSender } from '#aws/deliver/failing-sender.ts';

it('fails every part and every test with its code', async () => {
  const { send, test } = failingSender('destination_unavailable');
  const signal = new AbortController().signal;
  expect(await test(signal)).toEqual({ kind: 'failed', code: 'destination_unavailable' });
  expect(await send({} as Parameters<typeof send>[0], signal)).toEqual({
    kind: 'failed',
    code: 'destination_unavailable',
  });
});
