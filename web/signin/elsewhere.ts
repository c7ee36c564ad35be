/** Whether a refusal means that another tab of this browser has opened another scope with the same session. */
import { ApiProblem, type PageApi, type Problem } from '../api.ts';
import type { Session } from '../session.ts';

/** The session as it is now, if it has another scope open than this tab had. */
export const openedElsewhere = async (
  api: Pick<PageApi, 'ask'>,
  was: Session,
): Promise<Session | undefined> => {
  try {
    const now = await api.ask<'Session'>('GET', 'v1/session');
    const isSame = now.user_id === was.user_id && now.role === was.role;
    return isSame && now.scope_id !== null && now.scope_id !== was.scope_id ? now : undefined;
  } catch (error) {
    // Then it is no longer a matter of scopes.
    if (error instanceof ApiProblem) return undefined;
    throw error;
  }
};

/** Staff have one scope open at a time; what an admin is refused is a matter of their rights. */
export const mayBeElsewhere = ({ status }: Problem, { role }: Session): boolean =>
  status === 403 && role !== 'admin';
