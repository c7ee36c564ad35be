import { describe, expect, it } from 'vitest';
import { connectionOver } from '#cli/connection.ts';
import { collect, listAll } from '#cli/pages.ts';

describe('a list that the service returns page by page', () => {
  it('is read to its end, with the same parameters for each page, and without those that are not set', async () => {
    const paths: string[] = [];
    const connection = connectionOver({
      urlOfLink: link => link,
      fetch: async path => {
        paths.push(path);
        const cursor = paths.length < 3 ? `c${paths.length}` : null;
        return Response.json({ items: [paths.length], cursor });
      },
    });
    const parameters = { scope_id: 'a b', code: undefined };
    expect(await collect(listAll(connection, '/v1/x', 'items', parameters))).toEqual([1, 2, 3]);
    expect(paths).toEqual(['', '&cursor=c1', '&cursor=c2'].map(end => `/v1/x?scope_id=a+b${end}`));
  });
});
