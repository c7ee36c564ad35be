import { expect, it } from 'vitest';
import { objectOf, unexpectedAnswer } from '#domain/deliver/batch-form.ts';

it('reads the object of an answer, and nothing of what is not one', () => {
  const read = (body: string) => objectOf({ status: 200, body });
  expect(read('{"code":0}')).toEqual({ code: 0 });
  for (const body of ['', '<html>', 'null', '1', '{"code":']) expect(read(body), body).toBeUndefined();
});

it('tries again after an answer that it does not understand', () => {
  expect(unexpectedAnswer(200)).toEqual({ kind: 'failed', code: 'unexpected_answer', status: 200 });
});
