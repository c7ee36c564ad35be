import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventSearchShape } from '#domain/browse/request.ts';
import { matcherOf } from '#domain/filter/filter.ts';
import { type Path, readPath } from '#domain/filter/path.ts';
import { query as anyQuery } from '#test/support/queries.ts';
import { bodyOfQuery, emptyQuery, parseQuery, printQuery } from '#web/query.ts';
import { partsOf } from '#web/query-fields.ts';

const printed = (text: string): string => {
  const { query, faults } = parseQuery(text);
  expect(faults, text).toEqual([]);
  return printQuery(query);
};
const faultsOf = (text: string) => parseQuery(text).faults.map(({ message, at }) => [at, message]);

describe('a query as text', () => {
  it('is read back as it was', () => {
    fc.assert(
      fc.property(anyQuery, query => {
        expect(parseQuery(printQuery(query))).toEqual({ query, faults: [] });
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws, and prints what it could read', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const { query, faults } = parseQuery(text);
        for (const { at } of faults) expect(at).toBeLessThanOrEqual(text.length);
        if (text.isWellFormed()) expect(parseQuery(printQuery(query)).query).toEqual(query);
      }),
      { numRuns: 1000 },
    );
  });

  it('has fields, negation, lists, quotes, ranges, beginnings, times and text', () => {
    expect(parseQuery(emptyQuery.text ?? ' ')).toEqual({ query: emptyQuery, faults: [] });
    expect(printed('deploy  prod')).toBe('deploy prod');
    expect(printed('"deploy  prod"')).toBe('"deploy  prod"');
    expect(printed('action:user.* -action:user.login')).toBe('action:user.* -action:user.login');
    expect(printed('action:a,b action:(c OR a)')).toBe('action:(a OR b OR c)');
    expect(printed('action:a,-b')).toBe('action:a -action:b');
    expect(printed('-actor:(ci , "Zoë, the \\"one\\"")')).toBe('-actor:(ci OR "Zoë, the \\"one\\"")');
    expect(printed('address:192.0.2.1..192.0.2.9 target:..m target:"*"')).toBe(
      'address:192.0.2.1..192.0.2.9 target:(..m OR "*")',
    );
    expect(printed('payload.branch:main -payload."head ref"."a":(b OR c*) payload."branch":dev')).toBe(
      'payload.branch:(main OR dev) -payload."head ref".a:(b OR c*)',
    );
    expect(printed('metadata."request.id":r payload.n:1..5')).toBe('metadata.request.id:r payload.n:1..5');
    expect(parseQuery('payload payload. payload.json').query).toEqual({
      ...emptyQuery,
      text: 'payload payload. payload.json',
    });
    expect(printed('success:false since:2h x')).toBe('success:false x since:2h');
    expect(printed('from:2026-11-01 to:2026-11-02T00:00:00+01:00')).toBe(
      'from:2026-11-01T00:00:00.000000000Z to:2026-11-01T23:00:00.000000000Z',
    );
    expect(printed('since:2026-11-01')).toBe('from:2026-11-01T00:00:00.000000000Z');
  });

  it('that is faulty says where, and what was expected', () => {
    expect(faultsOf('actor:a who:me b')).toEqual([[8, expect.stringContaining('“who” is not a field')]]);
    expect(parseQuery('actor:a who:me b').query).toMatchObject({ filters: [{ field: 'actor' }], text: 'b' });
    expect(faultsOf('actor: b')).toEqual([[6, 'Expected a value after “actor:”']]);
    expect(faultsOf('a -b')).toEqual([[2, expect.stringContaining('Only fields can be excluded')]]);
    expect(faultsOf('actor:"a')).toEqual([[6, 'Expected the quote to be closed']]);
    expect(faultsOf('"a')).toEqual([[0, 'Expected the quote to be closed']]);
    expect(faultsOf('actor:(a OR b')).toEqual([[13, 'Expected ) at the end of the list']]);
    expect(faultsOf('actor:(a b)')).toEqual([[9, 'Expected OR or ) after a value']]);
    expect(faultsOf('actor:"a"b')).toEqual([[9, expect.stringContaining('Expected a blank')]]);
    expect(faultsOf('-actor:(a OR -b)')).toEqual([[13, expect.stringContaining('excluded already')]]);
    expect(faultsOf('success:maybe')).toEqual([[8, 'Expected true or false']]);
    expect(faultsOf('action:*.delete')).toEqual([[7, 'Expected an action, or its beginning as "user.*"']]);
    expect(faultsOf('x payload.:a')).toEqual([[10, expect.stringContaining('Expected a path')]]);
    expect(faultsOf('payload."a:b')).toEqual([[8, expect.stringContaining('Expected a path')]]);
    expect(faultsOf(`payload.${Array(17).fill('a').join('.')}:b`)).toEqual([
      [8, expect.stringMatching(/path/)],
    ]);
    expect(faultsOf('payload.a:')).toEqual([[10, 'Expected a value after “payload.a:”']]);
    expect(faultsOf('-metadata.a:(b OR -c)')).toEqual([[18, expect.stringContaining('excluded already')]]);
    expect(faultsOf('since:soon')).toEqual([[6, expect.stringContaining('Expected a time')]]);
    expect(faultsOf('from:2026-11-02 to:2026-11-01')).toEqual([[0, expect.stringContaining('empty')]]);
    expect(faultsOf('-id:(0191f3a0* OR x)')).toEqual([[18, expect.stringContaining('Expected a UUID')]]);
    expect(faultsOf('address:203.0.113.999')).toEqual([[8, expect.stringContaining('IPv4 or IPv6')]]);
    const many = Array.from({ length: 101 }, (_, n) => n).join(',');
    expect(faultsOf(`actor:${many}`)).toEqual([[0, 'Expected at most 100 values in all']]);
    expect(faultsOf('a'.repeat(1025))).toEqual([[0, 'Expected at most 1,024 characters of text']]);
    expect(faultsOf('a\ud800')).toEqual([[0, 'Expected whole characters']]);
  });
});

describe('a query as a search of the API', () => {
  it('is what the API reads, with the same terms', () => {
    fc.assert(
      fc.property(anyQuery, given => {
        const query = {
          ...given,
          filters: given.filters.filter(({ field }) =>
            /^(actor|target|payload\..*|metadata\..*)$/s.test(field),
          ),
        };
        const read = eventSearchShape.parse({ scope_id: 'acme', ...bodyOfQuery(query) });
        for (const { field: name, isNegated, terms } of query.filters) {
          const [field, path] = partsOf(name);
          const start = path === undefined ? {} : { path: (readPath(path, 0) as { path: Path }).path };
          expect(read[field]).toEqual(
            expect.arrayContaining(terms.map(term => ({ ...term, isNegated, ...start }))),
          );
        }
        expect(read.q).toBe(query.text);
      }),
    );
  });

  it('finds what its text says', () => {
    const { query } = parseQuery('actor:(u-1 OR ci-*) -actor:ci-9 zo');
    const { q, ...filter } = eventSearchShape.parse(bodyOfQuery(query));
    const matches = matcherOf({ terms: { actor: filter.actor! }, q }, ['payload']);
    const of = (actor_id: string, payload = '{"name":"Zoë"}') => matches({ actor_id, payload });
    expect([of('u-1'), of('ci-1'), of('ci-9'), of('u-2'), of('u-1', '{}')]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
