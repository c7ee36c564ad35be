import { describe, expect, it } from 'vitest';
import { openAdminDirectory } from '#aws/admin-directory.ts';
import type { Lambda } from '#aws/clients.ts';
import { adminKey } from '#domain/access/layout.ts';
import { countingBucket } from '#test/support/counting-client.ts';

describe('the directory of admins in the state', () => {
  it('knows the admins on record, and admits nobody by a damaged record', async () => {
    const { state, put, stored } = countingBucket();
    put(adminKey('acme', 'u-1'), { scope_id: 'acme', user_id: 'u-1', is_admin: true });
    put(adminKey('acme', 'u-2'), { scope_id: 'acme', user_id: 'u-2', is_admin: false });
    stored.set(adminKey('acme', 'u-3'), Buffer.from('{"is_admin":true'));
    const { isAdmin } = openAdminDirectory('', state, undefined);
    expect(await Promise.all(['u-1', 'u-2', 'u-4'].map(user => isAdmin('acme', user)))).toEqual([
      true,
      false,
      false,
    ]);
    expect(await isAdmin('other', 'u-1')).toBe(false);
    await expect(isAdmin('acme', 'u-3')).rejects.toThrow('cannot be read');
  });
});

describe('the directory of admins that a Lambda keeps', () => {
  const answering = (output: object) => {
    const asked: unknown[] = [];
    const lambda = {
      send: async ({ input }: { input: { FunctionName: string; Payload: Uint8Array } }) => {
        asked.push([input.FunctionName, JSON.parse(Buffer.from(input.Payload).toString())]);
        return output;
      },
    } as unknown as Lambda;
    return { asked, isAdmin: openAdminDirectory('who', countingBucket().state, lambda).isAdmin };
  };

  it.each([true, false])('says what the Lambda answers: %s', async is_admin => {
    const { asked, isAdmin } = answering({ Payload: Buffer.from(JSON.stringify({ is_admin })) });
    expect(await isAdmin('acme', 'u-1')).toBe(is_admin);
    expect(asked).toEqual([['who', { scope_id: 'acme', user_id: 'u-1' }]]);
  });

  it.each([
    ['fails', { FunctionError: 'Unhandled', Payload: Buffer.from('{"is_admin":true}') }, 'failed: Unhandled'],
    ['answers nothing', {}, 'did not answer'],
    ['answers no boolean', { Payload: Buffer.from('{"is_admin":"true"}') }, 'did not answer'],
  ])('lets nobody in if the Lambda %s', async (_, output, message) => {
    await expect(answering(output).isAdmin('acme', 'u-1')).rejects.toThrow(message);
  });
});
