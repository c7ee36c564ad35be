/** The keys of admins in the state. */
import { pathToken } from '#domain/object-key.ts';

/** Whether a user is an admin of a scope. */
export const adminKey = (scopeId: string, userId: string): string =>
  `${adminsOfScopePrefix(scopeId)}${pathToken(userId)}.json`;
export const adminsOfScopePrefix = (scopeId: string): string => `${adminsPrefix}${pathToken(scopeId)}/`;
export const adminsPrefix = 'admins/';
/** Changes of admins that may be unfinished, each under the id of its intent. */
export const openAdminChangesPrefix = 'admin-changes-open/';
export const openAdminChangeKey = (intentId: string): string => `${openAdminChangesPrefix}${intentId}.json`;
