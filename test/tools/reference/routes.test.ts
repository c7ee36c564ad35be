import { describe, expect, it } from 'vitest';
import { problems } from '#domain/http/problem.ts';
import { curlOf, everyRoute, printRoutes } from '#tools/reference/routes.ts';

const text = printRoutes();
const sectionOf = (key: string): string => text.split(`\n## ${key}\n`)[1]!.split('\n## ')[0]!;

describe('the reference of the API', () => {
  it('has each route with who may call it, a curl line, and every code of its problems', () => {
    for (const route of everyRoute) {
      const section = sectionOf(route.key);
      expect(section, route.key).toContain('**Who may call it.**');
      expect(section, route.key).toContain(curlOf(route));
      for (const code of route.problems) {
        const row = section.split('\n').find(line => line.startsWith(`| ${problems[code].status} |`));
        expect(row, `${route.key} ${code}`).toContain(`\`${code}\``);
      }
    }
  });

  it('quotes what a shell would read, and names no parameter of a path', () => {
    for (const route of everyRoute) expect(curlOf(route)).not.toMatch(/undefined|\/\{/);
    const route = everyRoute.find(({ key }) => key === 'GET /healthz')!;
    expect(curlOf(route)).toBe('curl "$ANNALS_URL/healthz"');
  });
});
