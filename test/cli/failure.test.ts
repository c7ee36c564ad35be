import { describe, expect, it } from 'vitest';
import { exitCodeOf, Failure, orFailure, printFailure } from '#cli/failure.ts';

describe('a failure', () => {
  it('ends with its code; an unexpected error with 3, since the outcome is unknown', () => {
    expect([1, 2, 3].map(code => exitCodeOf(new Failure(code as 1, 'x')))).toEqual([1, 2, 3]);
    expect(exitCodeOf(new Error('x'))).toBe(3);
  });

  it('keeps what a person can fix, and says of any other error what failed', async () => {
    const own = new Failure(2, 'Name a folder');
    await expect(orFailure('It was not made', () => Promise.reject(own))).rejects.toBe(own);
    const cause = new Error('EIO');
    const failed = orFailure('It was not made', () => Promise.reject(cause));
    await expect(failed).rejects.toMatchObject({ exitCode: 1, message: 'It was not made: EIO', cause });
    expect(await orFailure('It was not made', async () => 1)).toBe(1);
  });

  it('is printed without a stack, escaped', () => {
    expect(printFailure(new Failure(1, 'a\u001b[31m'))).toBe('error a\\u001b[31m');
    expect(printFailure('text')).toBe('error text');
  });
});
