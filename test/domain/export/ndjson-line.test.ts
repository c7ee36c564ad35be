import { expect, it } from 'vitest';
import { ndjsonLine } from '#domain/export/ndjson-line.ts';

it('an event is one line, with the tokens that were sent', () => {
  expect(
    ndjsonLine(
      ['action', 'version', 'success', 'payload', 'scope'],
      ['a.b', '1', 'true', '{"n":1.50}', null],
    ),
  ).toBe('{"action":"a.b","version":1,"success":true,"payload":{"n":1.50},"scope":null}\n');
});

it('JSON about which readers differ is a string, and named', () => {
  const twice = '{"a":1,"a":2}';
  expect(JSON.parse(ndjsonLine(['payload', 'metadata'], [twice, '{}']))).toEqual({
    payload: twice,
    metadata: {},
    irregular: ['payload'],
  });
});
