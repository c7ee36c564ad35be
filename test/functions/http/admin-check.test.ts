import { describe, expect, it } from 'vitest';
import type { Caller } from '#domain/access/caller.ts';
import { asAdmin } from '#functions/http/admin-check.ts';
import { noContent } from '#functions/http/answer.ts';
import type { Call } from '#functions/http/router.ts';

const admin: Caller = { role: 'admin', principal: 'u-1', scopeId: 'acme' };

const call = async (caller: Caller, isAdmin: boolean) => {
  const questions: string[][] = [];
  const adminDirectory = {
    isAdmin: async (...question: string[]) => {
      questions.push(question);
      return isAdmin;
    },
  };
  const { statusCode } = await asAdmin(noContent)({ adminDirectory }, { caller } as Call);
  return { statusCode, questions };
};

describe('a handler for admins', () => {
  it('asks the directory at each request of a customer, of whom a token alone makes no admin', async () => {
    expect(await call(admin, true)).toEqual({ statusCode: 204, questions: [['acme', 'u-1']] });
    expect(await call(admin, false)).toEqual({ statusCode: 403, questions: [['acme', 'u-1']] });
  });

  it('lets staff in without that', async () => {
    for (const role of ['support', 'operator'] as const)
      expect(await call({ role, principal: 'arn' }, false)).toEqual({ statusCode: 204, questions: [] });
  });
});
