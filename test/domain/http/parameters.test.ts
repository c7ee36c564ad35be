import { describe, expect, it } from 'vitest';
import {
  exportCursor,
  gapCursor,
  noticeCursor,
  pathParameter,
  pathParameters,
  refusedCursor,
  stateCursor,
} from '#domain/http/parameters.ts';

describe('a parameter of a path', () => {
  it('that is called id belongs to what the path names before it', () => {
    expect(pathParameter('/v1/gaps/{id}/redrive', 'id')).toBe(pathParameters.gap);
    expect(pathParameter('/v1/scopes/{scope_id}/schedules/{id}', 'id')).toBe(pathParameters.schedule);
    expect(pathParameter('/v1/scopes/{scope_id}/admins', 'scope_id')).toBe(pathParameters.scope_id);
  });

  it('that is not described fails', () => {
    expect(() => pathParameter('/v1/things/{id}', 'id')).toThrow('is not described');
  });
});

describe('a cursor', () => {
  it.each([
    ['exports', exportCursor],
    ['schedules and admins', stateCursor],
    ['notices', noticeCursor],
    ['refused items', refusedCursor],
    ['gaps', gapCursor],
  ])('of %s is bounded, and has no character that a URL would encode', (_, { schema }) => {
    expect(schema.maxLength).toBeLessThanOrEqual(1400);
    for (const text of ['', ' ', '!', 'a b', 'ä', 'a/b'])
      expect(new RegExp(schema.pattern as string).test(text), text).toBe(false);
  });
});
