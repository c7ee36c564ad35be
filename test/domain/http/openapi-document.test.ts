import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '#domain/http/openapi-document.ts';
import { type ProblemCode, problems } from '#domain/http/problem.ts';
import { pageRoutes } from '#domain/http/routes/page-routes.ts';
import { routes } from '#domain/http/routes.ts';

type Responses = Record<string, { description: string }>;
const operations = Object.entries(
  openApiDocument().paths as Record<string, Record<string, { responses: Responses }>>,
).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { responses }]) => ({
    key: `${method.toUpperCase()} ${path}`,
    responses,
  })),
);

describe('the OpenAPI document', () => {
  it('has every route, by its full path, and no other', () => {
    expect(operations.map(({ key }) => key).sort()).toEqual(
      [...routes.map(({ key }) => key), ...Object.keys(pageRoutes)].sort(),
    );
  });

  it('passes the linter without a warning', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] });
    const source = JSON.stringify(openApiDocument());
    const found = await lintFromString({ source, absoluteRef: 'openapi.json', config });
    expect(
      found.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer })),
    ).toEqual([]);
  });

  it('has each code of a problem at its status, or among those of no route', () => {
    const listed = new Set<string>();
    for (const { key, responses } of operations)
      for (const [status, { description }] of Object.entries(responses))
        for (const [, code] of description.matchAll(/`(\w+)`: /g)) {
          listed.add(code!);
          if (status !== 'default')
            expect(String(problems[code as ProblemCode].status), `${key} ${code}`).toBe(status);
        }
    // They have shapes of their own, or are of a link to a file or of the page, which are no routes of the API.
    const elsewhere = ['no_valid_event', 'refused_again', 'not_stored', 'link_expired', 'page_unavailable'];
    expect([...listed, ...elsewhere].sort()).toEqual(Object.keys(problems).sort());
  });

  it('names the URL by which others reach the installation', () => {
    expect(openApiDocument('https://example.com/audit').servers).toEqual([
      expect.objectContaining({ url: 'https://example.com/audit' }),
    ]);
    expect(openApiDocument().servers).toEqual([expect.objectContaining({ url: '/' })]);
  });
});
