import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PayloadSchema } from '#domain/catalogue/action.ts';
import { compilePayloadFastCheck } from '#domain/catalogue/payload-fast-check.ts';
import { compilePayloadSchema } from '#domain/catalogue/payload-schema.ts';
import { JsonReader } from '#domain/json/reader.ts';

describe('a first look at tokens', () => {
  const flat: PayloadSchema = {
    type: 'object',
    properties: {
      s: { type: 'string' },
      n: { type: 'number', minimum: -1, maximum: 10 },
      i: { type: ['integer', 'null'] },
      b: { type: 'boolean' },
      o: { type: 'object' },
      l: { type: ['array', 'string'] },
      e: { type: 'string', enum: ['a', 'b'] },
      d: { type: 'object', properties: { x: { type: 'string' } } },
    },
    required: ['s'],
  };
  const isFineBySight = compilePayloadFastCheck(flat);
  const check = compilePayloadSchema(flat);
  const value = fc.oneof(
    fc.constantFrom('a', '', null, true, 0, 1, -2, 11, 1.5, 2e300, {}, { x: 1 }, { x: 'x' }, []),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const names = fc.constantFrom('s', 'n', 'i', 'b', 'o', 'l', 'e', 'd', 'z', '__proto__');
  const payload = fc.dictionary(names, value, { maxKeys: 3 }).map(members => ({ s: 'x', ...members }));

  const membersOf = (text: string) => new JsonReader(`{"payload":${text}}`).value().members[0]!;

  it('says yes only if the schema does', () => {
    let yes = 0;
    fc.assert(
      fc.property(payload, members => {
        const text = JSON.stringify(members);
        const isFine = isFineBySight(membersOf(text));
        if (isFine) yes += 1;
        return !isFine || check(text) === undefined;
      }),
      { numRuns: 2000 },
    );
    expect(yes).toBeGreaterThan(20);
  });

  it('is enough for common events', () => {
    const common = { s: 'x', n: 1.5, i: null, b: false, o: { any: 1 }, l: [1], more: {} };
    expect(isFineBySight(membersOf(JSON.stringify(common)))).toBe(true);
  });
});
