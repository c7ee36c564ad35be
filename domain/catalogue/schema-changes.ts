/**
 * What may become of a schema that has been released: it may gain optional members, require less, and list
 * more values. Anything else would make events that are stored contradict it, or take from readers what they
 * rely on, and needs a new version. Descriptions may change.
 */

import { pointerToken } from '#domain/json/pointer.ts';
import type { MemberSchema } from './action.ts';

/** `path` is a JSON pointer within the payload; `what` says what became of the member there. */
export type IncompatibleChange = { path: string; what: string };

const constraints = ['minimum', 'maximum', 'minLength', 'maxLength', 'pattern'] as const;
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const print = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));

export const incompatibleChanges = (
  released: MemberSchema,
  current: MemberSchema,
  path = '',
): IncompatibleChange[] => {
  const changes: IncompatibleChange[] = [];
  const report = (what: string, at = path): void => void changes.push({ path: at, what });
  if (!isSame(released.type, current.type))
    report(`its type was changed from ${print(released.type)} to ${print(current.type)}`);
  for (const name of constraints)
    if (!isSame(released[name], current[name]))
      report(`its ${name} was changed from ${print(released[name])} to ${print(current[name])}`);
  if (released.enum === undefined ? current.enum !== undefined : !includesAll(current.enum, released.enum))
    report('its enum allows less than before');
  for (const name of current.required ?? [])
    if (!(released.required ?? []).includes(name)) report('it is required now', path + pointerToken(name));
  for (const [name, member] of Object.entries(released.properties ?? {})) {
    const kept = current.properties?.[name];
    if (kept) changes.push(...incompatibleChanges(member, kept, path + pointerToken(name)));
    else report('it was removed', path + pointerToken(name));
  }
  if (released.items && current.items)
    changes.push(...incompatibleChanges(released.items, current.items, `${path}/*`));
  else if (released.items || current.items)
    report(released.items ? 'what its items are was removed' : 'what its items are was added');
  return changes;
};

/** A value of no list at all is allowed too: leaving out the enum allows more. */
const includesAll = (current: readonly unknown[] | undefined, released: readonly unknown[]): boolean =>
  current === undefined || released.every(value => current.includes(value));
