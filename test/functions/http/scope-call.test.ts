import { describe, expect, it } from 'vitest';
import type { Caller } from '#domain/access/caller.ts';
import { json } from '#functions/http/answer.ts';
import type { Call } from '#functions/http/router.ts';
import { ofScope } from '#functions/http/scope-call.ts';

const operator: Caller = { role: 'operator', principal: 'arn' };
const admin: Caller = { role: 'admin', principal: 'u-1', scopeId: 'acme' };

const call = async (caller: Caller, scope_id: string | undefined, isAdmin = true) => {
  const handled: string[] = [];
  const handle = ofScope((_, { scopeId }) => {
    handled.push(scopeId);
    return json(200, {} as never);
  });
  const event = { pathParameters: scope_id === undefined ? undefined : { scope_id } };
  const world = { adminDirectory: { isAdmin: async () => isAdmin } };
  const { statusCode, body } = await handle(world, { caller, event } as unknown as Call);
  return { handled, statusCode, code: (JSON.parse(String(body)) as { code?: string }).code };
};

describe('a call of a scope', () => {
  it('is handled with the id that the path names, as it is or encoded', async () => {
    expect(await call(operator, 'acme')).toEqual({ handled: ['acme'], statusCode: 200, code: undefined });
    const encoded = `~${Buffer.from('a/b').toString('base64url')}`;
    expect((await call(operator, encoded)).handled).toEqual(['a/b']);
  });

  it.each([undefined, '', '~', 'x'.repeat(400)])('is not handled if the path has no id but %s', async id => {
    expect(await call(operator, id)).toEqual({ handled: [], statusCode: 400, code: 'invalid_id' });
  });

  it('is not handled for who may not read the scope, or is no longer an admin', async () => {
    expect(await call(admin, 'acme')).toMatchObject({ handled: ['acme'], statusCode: 200 });
    expect(await call(admin, 'other')).toEqual({ handled: [], statusCode: 403, code: 'forbidden' });
    expect(await call(admin, 'acme', false)).toEqual({ handled: [], statusCode: 403, code: 'not_an_admin' });
  });
});
