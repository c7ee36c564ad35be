import { expect, it } from 'vitest';
import { withArticle } from '#domain/with-article.ts';

it('gives every JSON type the article that it is spoken with', () => {
  const types = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];
  expect(types.map(withArticle)).toEqual([
    'a string',
    'a number',
    'an integer',
    'a boolean',
    'an object',
    'an array',
    'null',
  ]);
});
