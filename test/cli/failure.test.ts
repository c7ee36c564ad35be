import { describe, expect, it } from 'vitest';
import { exitCodeOf, Failure, printFailure } from '#cli/failure.ts';

describe('a failure', () => {
  it('ends with its code; an unexpected error with 3, since the outcome is unknown', () => {
    expect([1, 2, 3].map(code => exitCodeOf(new Failure(code as 1, 'x')))).toEqual([1, 2, 3]);
    expect(exitCodeOf(new Error('x'))).toBe(3);
  });

  it('is printed without a stack, escaped', () => {
    expect(printFailure(new Failure(1, 'a\u001b[31m'))).toBe('error a\\u001b[31m');
    expect(printFailure('text')).toBe('error text');
  });
});
