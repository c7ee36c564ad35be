/** A thing of this name would be changed instead of created, since the API sets both by the same request. */
import { ApiProblem, type PageApi } from './api.ts';

/** Throws `ApiProblem` with this detail if there is something at the path. */
export const refuseKnown = async (
  api: Pick<PageApi, 'text'>,
  path: string,
  detail: string,
): Promise<void> => {
  try {
    await api.text('GET', path);
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.status === 404) return;
    throw error;
  }
  throw new ApiProblem({ status: 409, code: 'exists', detail });
};
