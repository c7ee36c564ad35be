import { afterEach, describe, expect, it, vi } from 'vitest';
import { lambda } from '#functions/runtime/handler.ts';
import { log } from '#functions/runtime/log.ts';

const linesOf = () => {
  const lines: Record<string, unknown>[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation(text => {
    lines.push(JSON.parse(String(text)) as Record<string, unknown>);
    return true;
  });
  return lines;
};
const context = { functionName: 'Annals-Manage', awsRequestId: 'i-1' };

describe('a Lambda', () => {
  afterEach(() => vi.restoreAllMocks());

  it('writes into each line of its log which function ran, for which invocation and request', async () => {
    const lines = linesOf();
    const handle = lambda(async () => async (_: object, __: object) => log('info', 'It runs'));
    await Promise.all([
      handle({ requestContext: { requestId: 'r-1' } }, context),
      handle({}, { ...context, awsRequestId: 'i-2' }),
    ]);
    expect(lines).toMatchObject([
      { message: 'It runs', function: 'Annals-Manage', invocation_id: 'i-1', request_id: 'r-1' },
      { message: 'It runs', function: 'Annals-Manage', invocation_id: 'i-2' },
    ]);
    expect(lines[1]).not.toHaveProperty('request_id');
  });

  it('logs a failure and throws it, and opens its world again for the next invocation', async () => {
    const lines = linesOf();
    let opened = 0;
    const handle = lambda(async () => {
      opened += 1;
      return async (event: { fails: boolean }, _: object) => {
        if (event.fails) throw new Error('It failed');
        return opened;
      };
    });
    await expect(handle({ fails: true }, context)).rejects.toThrow('It failed');
    expect(lines).toMatchObject([
      { level: 'ERROR', message: 'The invocation failed', detail: 'It failed', invocation_id: 'i-1' },
    ]);
    expect(await handle({ fails: false }, context)).toBe(2);
    expect(await handle({ fails: false }, context)).toBe(2);
  });
});
