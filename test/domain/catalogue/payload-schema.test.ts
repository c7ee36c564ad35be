import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemberSchema, PayloadSchema } from '#domain/catalogue/action.ts';
import { compilePayloadSchema } from '#domain/catalogue/payload-schema.ts';

describe('the check of payloads', () => {
  const member = (schema: MemberSchema): PayloadSchema => ({ type: 'object', properties: { x: schema } });
  const ajv = new Ajv2020({
    allowUnionTypes: true,
    strictTypes: false,
    validateFormats: false,
    ownProperties: true,
  });
  const schemas = fc.record(
    {
      type: fc.constantFrom<MemberSchema['type'][]>('string', 'number', 'integer', 'boolean', 'null', [
        'string',
        'integer',
        'null',
      ]),
      enum: fc.uniqueArray(fc.constantFrom('a', '🦩', 1, 1.5, 1e21, true, null), { minLength: 1 }),
    },
    { requiredKeys: ['type'] },
  );
  const limits = fc.oneof(
    schemas,
    fc.record({ type: fc.constant('number' as const), minimum: fc.integer(), maximum: fc.integer() }),
    fc.record({
      type: fc.constant('string' as const),
      minLength: fc.nat(3),
      maxLength: fc.nat(3),
      pattern: fc.constantFrom('^a', '.'),
    }),
    fc.record({ type: fc.constant('array' as const), items: schemas }),
    fc.record({
      type: fc.constant('object' as const),
      properties: fc.dictionary(fc.constantFrom('a', 'b', 'a/b'), schemas),
      required: fc.uniqueArray(fc.constantFrom('a', 'b')),
    }),
  );
  const scalars = fc.constantFrom<unknown[]>('a', '🦩', '', 'aa🦩b', 1, 1.5, -1, 1e21, 2e300, true, null);
  const values = fc.oneof(
    scalars,
    fc.array(scalars),
    fc.dictionary(fc.constantFrom('a', 'b', 'a/b'), scalars),
  );

  it('says of JSON what a validator of JSON Schema says', () => {
    let wrong = 0;
    fc.assert(
      fc.property(limits, values, (schema, value) => {
        const contradiction = compilePayloadSchema(member(schema))(JSON.stringify({ x: value }));
        if (contradiction) wrong += 1;
        expect(contradiction === undefined).toBe(ajv.validate(member(schema), { x: value }));
      }),
      { numRuns: 2000 },
    );
    expect(wrong).toBeGreaterThan(200);
  });

  it.each(['minimum', 'maxLength', 'pattern', 'items', 'properties', 'required'])(
    'is not made of "%s" for a type that it says nothing of',
    keyword => {
      const schema = { type: 'boolean', [keyword]: keyword === 'pattern' ? '^a' : 1 } as MemberSchema;
      expect(() => compilePayloadSchema(member(schema))).toThrow(
        `/x: "${keyword}" says nothing of the type boolean`,
      );
    },
  );
});
