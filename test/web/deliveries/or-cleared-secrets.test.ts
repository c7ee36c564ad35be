import { expect, it } from 'vitest';
import { ApiProblem } from '#web/api.ts';
import { emptyDraft } from '#web/deliveries/delivery-draft.ts';
import { orClearedSecrets } from '#web/deliveries/or-cleared-secrets.ts';

const refuse = async (): Promise<never> => {
  throw new ApiProblem({ status: 400, code: 'invalid_request', detail: 'Expected something else' });
};

it('says that secrets were cleared if there were some, and nothing else if there were none', async () => {
  expect(await orClearedSecrets(emptyDraft, async () => 'done')).toBe('done');
  await expect(orClearedSecrets(emptyDraft, refuse)).rejects.toThrow(/Expected something else$/);
  await expect(orClearedSecrets({ ...emptyDraft, secret: 's' }, refuse)).rejects.toThrow(
    'Expected something else. The secret and the values of headers were cleared',
  );
  const broken = async (): Promise<never> => Promise.reject(new Error('broken'));
  await expect(orClearedSecrets({ ...emptyDraft, secret: 's' }, broken)).rejects.toThrow(/^broken$/);
});
