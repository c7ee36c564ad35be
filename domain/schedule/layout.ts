/** Where schedules lie in the state. */
import { pathToken } from '#domain/object-key.ts';
import type { Instant } from '#domain/time.ts';

/** The events of a schedule, numbered as those of an export. */
export const schedulesPrefix = 'schedules/';
export const schedulesOfScopePrefix = (scopeId: string): string => `${schedulesPrefix}${pathToken(scopeId)}/`;
export const schedulePrefix = (scopeId: string, id: string): string =>
  `${schedulesOfScopePrefix(scopeId)}${pathToken(id)}/`;
/** When schedules have to be looked at next, the soonest first. */
export const schedulesDuePrefix = 'schedules-due/';
export const scheduleDueKey = (due: Instant, scopeId: string, id: string): string =>
  `${schedulesDuePrefix}${due}/${pathToken(scopeId)}/${pathToken(id)}.json`;
export const dueOfKey = (key: string): Instant =>
  key.slice(schedulesDuePrefix.length, schedulesDuePrefix.length + 30);
/** Where the events of the schedule lie that an entry is for. */
export const schedulePrefixOfDueKey = (key: string): string =>
  `${schedulesPrefix}${key.slice(schedulesDuePrefix.length + 31, -'.json'.length)}/`;
