import { describe, expect, it } from 'vitest';
import { RouteFinder } from '#embedded/http/route-finder.ts';

const router = new RouteFinder(
  ['GET /a/{id}', 'PUT /a/{id}', 'GET /a/search', 'GET /a/{id}/b/{other}', 'GET /a'].map(key => ({ key })),
);

describe('the router', () => {
  it('finds the routes of a path by their methods, and the values of parameters', () => {
    const found = router.find(['a', 'x/y', 'b', '2']);
    expect(found?.parameters).toEqual({ id: 'x/y', other: '2' });
    expect([...router.find(['a', '1'])!.routes.keys()]).toEqual(['GET', 'PUT']);
    expect([...router.find(['a'])!.routes.values()]).toEqual([{ key: 'GET /a' }]);
  });

  it('prefers a literal path to a parameter', () => {
    expect(router.find(['a', 'search'])).toMatchObject({ parameters: {} });
  });

  it.each([
    [['b']],
    [['a', '']],
    [['a', '1', 'b']],
    [['a', '1', 'c', '2']],
    [['']],
    [['a', '1', 'b', '2', '']],
  ])('knows no path %j', segments => {
    expect(router.find(segments)).toBeUndefined();
  });
});
