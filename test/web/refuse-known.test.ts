import { describe, expect, it } from 'vitest';
import { ApiProblem } from '#web/api.ts';
import { refuseKnown } from '#web/refuse-known.ts';

const answering = (status: number) => ({
  text: async (method: string, path: string) => {
    expect([method, path]).toEqual(['GET', 'v1/a']);
    if (status === 200) return '{}';
    throw new ApiProblem({ status, code: 'x', detail: 'the server said so' });
  },
});

describe('a name', () => {
  it('is free if nothing is found there', async () => {
    await expect(refuseKnown(answering(404), 'v1/a', 'taken')).resolves.toBeUndefined();
  });

  it('is taken if something is found there', async () => {
    await expect(refuseKnown(answering(200), 'v1/a', 'taken')).rejects.toMatchObject({
      problem: { status: 409, code: 'exists', detail: 'taken' },
    });
  });

  it('is neither if the server says no', async () => {
    await expect(refuseKnown(answering(403), 'v1/a', 'taken')).rejects.toMatchObject({
      problem: { status: 403, detail: 'the server said so' },
    });
  });
});
