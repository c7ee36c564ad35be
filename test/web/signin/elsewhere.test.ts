import { expect, it } from 'vitest';
import { ApiProblem, type PageApi } from '#web/api.ts';
import type { Session } from '#web/session.ts';
import { mayBeElsewhere, openedElsewhere } from '#web/signin/elsewhere.ts';

const was = { role: 'support', user_id: 'ada', scope_id: 'acme' } as Session;
const whoIs = (answer: Partial<Session> | Error) =>
  openedElsewhere(
    {
      ask: (async () => {
        if (answer instanceof Error) throw answer;
        return { ...was, ...answer };
      }) as unknown as PageApi['ask'],
    },
    was,
  );

it('is the session that has another scope open now', async () => {
  expect(await whoIs({ scope_id: 'globex' })).toMatchObject({ scope_id: 'globex' });
  expect(await whoIs({})).toBeUndefined();
  expect(await whoIs({ scope_id: null })).toBeUndefined();
  expect(await whoIs({ scope_id: 'globex', user_id: 'eve' })).toBeUndefined();
  expect(await whoIs({ scope_id: 'globex', role: 'admin' })).toBeUndefined();
  expect(await whoIs(new ApiProblem({ status: 401, code: 'unauthorized', detail: '' }))).toBeUndefined();
  await expect(whoIs(new Error('broken'))).rejects.toThrow('broken');
});

it('is asked for staff that is refused, and for nobody else', () => {
  const refused = { status: 403, code: 'forbidden', detail: '' };
  expect(mayBeElsewhere(refused, was)).toBe(true);
  expect(mayBeElsewhere({ ...refused, status: 401 }, was)).toBe(false);
  expect(mayBeElsewhere(refused, { ...was, role: 'admin' })).toBe(false);
});
