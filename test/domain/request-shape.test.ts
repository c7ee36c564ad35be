import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { nameMember, reasonMember, shapeProblem, timeMember } from '#domain/request-shape.ts';

const shape = z.strictObject({
  name: nameMember.optional(),
  time: timeMember.optional(),
  reason: reasonMember.optional(),
  filter: z.strictObject({ 'a/b': z.string() }).optional(),
});
const problemOf = (value: unknown) => shapeProblem(shape.safeParse(value).error!).problem;

describe('the shape of a request', () => {
  it('names the place of its first fault as a JSON pointer', () => {
    expect(problemOf({ name: '' })).toMatchObject({ code: 'invalid_request', path: '/name' });
    expect(problemOf({ filter: { 'a/b': 1 } })).toMatchObject({ path: '/filter/a~1b' });
    expect(problemOf({ '~more': 1 })).toEqual({
      code: 'invalid_request',
      message: 'Unknown member "~more"',
      path: '/~0more',
    });
    expect(problemOf([])).toMatchObject({ path: '' });
  });

  it('has names and reasons of whole characters, counted as people count them', () => {
    for (const [name, most] of [
      ['name', 256],
      ['reason', 1024],
    ] as const) {
      expect(shape.safeParse({ [name]: '🦩'.repeat(most) }).success, name).toBe(true);
      for (const text of ['', '🦩'.repeat(most + 1), 'half \ud83e'])
        expect(problemOf({ [name]: text }).path, JSON.stringify(text.slice(0, 9))).toBe(`/${name}`);
    }
    expect(shape.safeParse({ reason: 'two\nlines' }).success).toBe(true);
    expect(problemOf({ name: 'two\nlines' }).path).toBe('/name');
  });

  it('has times with their offset, or dates for their midnight in UTC', () => {
    const time = (text: string) => shape.parse({ time: text }).time;
    expect(time('2026-11-23')).toBe('2026-11-23T00:00:00.000000000Z');
    expect(time('2026-11-23T13:00:00.5+01:00')).toBe('2026-11-23T12:00:00.500000000Z');
    for (const text of ['2026-11-23T12:00:00', '2026-02-30', 'yesterday'])
      expect(problemOf({ time: text })).toMatchObject({
        path: '/time',
        message: expect.stringContaining('RFC 3339'),
      });
  });
});
