import { expect, it } from 'vitest';
import {
  dueOfKey,
  scheduleDueKey,
  schedulePrefix,
  schedulePrefixOfDueKey,
  schedulesOfScopePrefix,
} from '#domain/schedule/layout.ts';

it('the entry of a schedule sorts by when it is due, and leads to its events', () => {
  const [one, two] = ['2026-11-23T12:00:00.000000000Z', '2026-11-24T12:00:00.000000000Z'];
  const key = scheduleDueKey(one!, 'acme', 'nightly');
  expect(key < scheduleDueKey(two!, 'acme', 'nightly')).toBe(true);
  expect(dueOfKey(key)).toBe(one);
  expect(schedulePrefixOfDueKey(key)).toBe(schedulePrefix('acme', 'nightly'));
  expect(schedulePrefix('acme', 'nightly').startsWith(schedulesOfScopePrefix('acme'))).toBe(true);
});
