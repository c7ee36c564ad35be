import { describe, expect, it } from 'vitest';
import { shapes } from '#domain/http/shapes/shapes.ts';
import { bodyExamples, queryExamples } from '#tools/reference/route-examples.ts';
import { everyRoute } from '#tools/reference/routes.ts';

describe('the examples of the reference', () => {
  it('have a body for each route that takes JSON, which its shape takes', () => {
    const taking = everyRoute.filter(({ body }) => body?.content['application/json']);
    expect(Object.keys(bodyExamples).sort()).toEqual(taking.map(({ key }) => key).sort());
    for (const { key, body } of taking) {
      const read = shapes[body!.content['application/json']!].safeParse(bodyExamples[key]);
      expect(read.error?.issues, key).toBeUndefined();
    }
  });

  it('have only parameters of their routes', () => {
    for (const [key, query] of Object.entries(queryExamples)) {
      const route = everyRoute.find(one => one.key === key)!;
      for (const name of new URLSearchParams(query).keys())
        expect(Object.keys(route.query ?? {})).toContain(name);
    }
  });
});
