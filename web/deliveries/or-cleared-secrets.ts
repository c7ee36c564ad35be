/** A request with secrets, which the form forgets whatever comes of it: who has to try again is told so. */
import { ApiProblem } from '../api.ts';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import { type Draft, hasSecrets } from './delivery-draft.ts';

export const orClearedSecrets = async <T>(draft: Draft, request: () => Promise<T>): Promise<T> => {
  try {
    return await request();
  } catch (error) {
    if (!(error instanceof ApiProblem) || !hasSecrets(draft)) throw error;
    const detail = say(laterWords.deliveryForm.cleared, { detail: error.problem.detail });
    throw new ApiProblem({ ...error.problem, detail });
  }
};
