/** The keys of schedules in the state. */
import { pathToken } from '#domain/object-key.ts';
import type { Instant } from '#domain/time.ts';

/** The events of a schedule, numbered like those of an export. */
export const schedulesPrefix = 'schedules/';
export const schedulesOfScopePrefix = (scopeId: string): string => `${schedulesPrefix}${pathToken(scopeId)}/`;
export const schedulePrefix = (scopeId: string, id: string): string =>
  `${schedulesOfScopePrefix(scopeId)}${pathToken(id)}/`;
/** When schedules are due next, the earliest first. */
export const schedulesDuePrefix = 'schedules-due/';
export const scheduleDueKey = (due: Instant, scopeId: string, id: string): string =>
  `${schedulesDuePrefix}${due}/${pathToken(scopeId)}/${pathToken(id)}.json`;
export const dueOfKey = (key: string): Instant =>
  key.slice(schedulesDuePrefix.length, schedulesDuePrefix.length + 30);
/** The prefix of the events of the schedule that an entry is for. */
export const schedulePrefixOfDueKey = (key: string): string =>
  `${schedulesPrefix}${key.slice(schedulesDuePrefix.length + 31, -'.json'.length)}/`;
