import { describe, expect, it } from 'vitest';
import { pathParameter } from '#domain/http/parameters.ts';
import { problems } from '#domain/http/problem.ts';
import { routes } from '#domain/http/routes.ts';
import { shapes } from '#domain/http/shapes/shapes.ts';

describe('the routes', () => {
  it('have each a key and an id of their own', () => {
    for (const member of ['key', 'id'] as const)
      expect(new Set(routes.map(route => route[member])).size, member).toBe(routes.length);
    for (const { key } of routes) expect(key).toMatch(/^(GET|POST|PUT|DELETE) \/[\w./{}]+$/);
  });

  it('have a description of each parameter of their path', () => {
    for (const { key } of routes)
      for (const [, name] of key.matchAll(/\{(\w+)\}/g))
        expect(pathParameter(key, name!).description, key).not.toBe('');
  });

  it('name shapes that there are, and their problems once each', () => {
    for (const { key, body, answers, problems: codes } of routes) {
      const contents = [body?.content ?? {}, ...Object.values(answers).map(({ content }) => content ?? {})];
      for (const content of contents)
        for (const shape of Object.values(content)) expect(shapes, key).toHaveProperty(shape);
      expect(new Set(codes).size, key).toBe(codes.length);
      for (const code of codes) expect(problems, key).toHaveProperty(code);
    }
  });

  it('that change something need a role, and those of the operator are for nobody else', () => {
    for (const { key, access } of routes) {
      if (!key.startsWith('GET')) expect(access, key).not.toBe('anyone');
      if (/\/(admins|gaps|refused|notices)\b/.test(key)) expect(access, key).toBe('operator');
    }
  });
});
