import { expect, it } from 'vitest';
import { quote, quoteName } from '#embedded/query/quote.ts';

it('texts and names are quoted, with their own quotes doubled', () => {
  expect([quote("it's"), quoteName('a "b"')]).toEqual(["'it''s'", '"a ""b"""']);
});
