import { describe, expect, it } from 'vitest';
import { moveToStack } from '#cli/move/to-stack.ts';
import { markMoved } from '#embedded/moved.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const options = (data: string, stack = 'Annals') => ({
  data,
  stack,
  openStack: () => Promise.reject(new Error('asked the stack')),
  patience: { pause: async () => undefined, attempts: 1 },
  nowInstant: () => '2026-11-26T12:00:00.000000000Z',
  say: () => undefined,
  log: () => undefined,
});

describe('moving to a stack', () => {
  it('leaves a folder alone that is not a data directory', async () => {
    await expect(moveToStack(options(await temporaryDirectory()))).rejects.toThrow('is not a data directory');
  });

  it('has nothing to do if it has moved there, and refuses to move elsewhere', async () => {
    const { data, stop } = await startServer();
    await stop();
    await expect(moveToStack(options(data))).rejects.toThrow('asked the stack');
    const moved = { stack: 'Annals', region: null, installation: 'i', status: 'done' as const };
    await markMoved({ root: data, temporary: data }, moved);
    const openStack = async () => ({}) as never;
    expect(await moveToStack({ ...options(data), openStack })).toBeUndefined();
    await expect(moveToStack({ ...options(data, 'Other'), openStack })).rejects.toThrow(
      'has moved to the stack "Annals", not to "Other"',
    );
  });
});
