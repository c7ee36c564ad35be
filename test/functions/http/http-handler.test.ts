import { describe, expect, it } from 'vitest';
import { json } from '#functions/http/answer.ts';
import { answering } from '#functions/http/http-handler.ts';

const handle = answering(async (_: { rawQueryString?: string }, __: undefined) => json(200, {}));
const answered = async (rawQueryString?: string) => {
  const { statusCode, body } = await handle(
    rawQueryString === undefined ? {} : { rawQueryString },
    undefined,
  );
  return [statusCode, (JSON.parse(body) as { code?: string }).code];
};

describe('an HTTP function', () => {
  it('refuses a query parameter that is given twice, which the gateway joins to one', async () => {
    expect(await answered('scope_id=a&scope_id=b')).toEqual([400, 'repeated_parameter']);
    expect(await answered('scope_id=a&cursor=b')).toEqual([200, undefined]);
    expect(await answered('')).toEqual([200, undefined]);
    expect(await answered()).toEqual([200, undefined]);
    expect(await answered('scope_id=%zz'), 'the gateway has decoded it').toEqual([200, undefined]);
  });

  it('gives a problem instead of an error', async () => {
    const failing = answering(async () => {
      throw new Error('secret');
    });
    const { statusCode, body } = await failing({}, undefined);
    expect([statusCode, body]).toEqual([500, expect.stringContaining('internal_error')]);
    expect(body).not.toContain('secret');
  });
});
