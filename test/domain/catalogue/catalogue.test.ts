import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActionDefinition, MemberSchema, PayloadSchema } from '#domain/catalogue/action.ts';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import { faultsOf } from '#domain/catalogue/faults.ts';
import { compilePayloadFastCheck } from '#domain/catalogue/payload-fast-check.ts';
import { compilePayloadSchema } from '#domain/catalogue/payload-schema.ts';
import { incompatibleChanges } from '#domain/catalogue/schema-changes.ts';
import { JsonReader } from '#domain/json/reader.ts';

const schema: PayloadSchema = {
  type: 'object',
  properties: {
    amount: { type: 'integer', description: 'In cents.', minimum: 1 },
    currency: { type: 'string', description: 'ISO 4217.', enum: ['EUR', 'USD'] },
    'a/b~c': { type: ['string', 'null'], description: 'A key that a pointer has to escape.' },
    lines: {
      type: 'array',
      description: 'What is paid back.',
      items: {
        type: 'object',
        properties: { sku: { type: 'string', description: 'The article.', minLength: 2, pattern: '^[A-Z]' } },
        required: ['sku'],
      },
    },
  },
  required: ['amount'],
};
const example = { amount: 1250, currency: 'EUR', lines: [{ sku: 'A-1' }] };

const refund = (change: Partial<ActionDefinition> = {}): ActionDefinition => ({
  action: 'order.refund',
  description: 'Money was paid back.',
  emittedWhen: 'When the refund is booked.',
  targetType: 'order',
  owner: 'payments',
  versions: { 1: { since: '2026-11-25', schema, example } },
  ...change,
});
const second = {
  since: '2026-12-01',
  schema: {
    type: 'object',
    properties: { amount: { type: 'object', description: 'The amount.', properties: {} } },
    required: ['amount'],
  },
  example: { amount: { value: 1 } },
  upcast: ({ amount, ...rest }: Readonly<Record<string, unknown>>) => ({
    ...rest,
    amount: { value: amount },
  }),
} satisfies ActionDefinition['versions'][number];

type Change = {
  action?: string;
  version?: number;
  isStrict?: boolean;
  isPayloadStrict?: boolean;
  scopeId?: string | undefined;
  scopeRequired?: boolean;
};
const judge = (payload: unknown, change: Change = {}) => {
  const { action = 'order.refund', version = 1, isStrict = false, isPayloadStrict = false } = change;
  const { scopeRequired = true } = change;
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const scopeId = 'scopeId' in change ? change.scopeId : 'acme';
  return new Catalogue([refund({ scopeRequired })]).judge(
    { action, version, payload: text, scopeId },
    { isStrict, isPayloadStrict },
  );
};
const catalogued = { isCatalogued: true, warnings: [] };
const uncatalogued = { isCatalogued: false, warnings: [] };
/** What is warned of, or why it is refused. */
const said = (payload: unknown, change?: Change) => {
  const judgement = judge(payload, change);
  return 'code' in judgement ? judgement : judgement.warnings[0];
};

describe('the catalogue', () => {
  it('takes what its schema has, and whatever else a payload holds', () => {
    expect(judge(example)).toEqual(catalogued);
    expect(judge({ amount: 1, note: { any: ['thing'] }, constructor: 1 })).toEqual(catalogued);
    expect(judge('{"amount":1e2,"__proto__":{"amount":"x"}}')).toEqual(catalogued);
  });

  it.each([
    [{}, '/payload/amount', 'Expected this member, which is required'],
    [{ amount: '5' }, '/payload/amount', 'Expected an integer, got a string'],
    [{ amount: 1.5 }, '/payload/amount', 'Expected an integer, got a number'],
    [{ amount: null }, '/payload/amount', 'Expected an integer, got null'],
    [{ amount: 0 }, '/payload/amount', 'Expected >= 1'],
    [{ amount: 1, currency: 'eur' }, '/payload/currency', 'Expected one of "EUR", "USD"'],
    [{ amount: 1, 'a/b~c': [] }, '/payload/a~1b~0c', 'Expected a string or null, got an array'],
    [{ amount: 1, lines: [{ sku: 'AB' }, {}] }, '/payload/lines/1/sku', 'Expected this member'],
    [{ amount: 1, lines: [{ sku: 'A' }] }, '/payload/lines/0/sku', 'Expected not fewer than 2 characters'],
    [{ amount: 1, lines: [{ sku: 'ab' }] }, '/payload/lines/0/sku', 'Expected text of the form ^[A-Z]'],
    ['{"amount":1,"amount":"5"}', '/payload/amount', 'Expected an integer, got a string'],
    ['{"amount":"5","amount":1}', '/payload/amount', 'Expected an integer, got a string'],
    ['{"amount":9007199254740993.5}', '/payload/amount', 'Expected an integer, got a number'],
    ['{"amount":1,"currency":"\\ud800"}', '/payload/currency', 'Expected one of'],
  ])('warns of %j at its place, in strict too, with what was expected', (payload, path, message) => {
    for (const isStrict of [false, true])
      expect(judge(payload, { isStrict })).toEqual({
        isCatalogued: true,
        warnings: [{ code: 'payload_mismatch', path, message: expect.stringContaining(message) }],
      });
    expect(said(payload)).toMatchObject({
      message: expect.stringMatching(/, by the schema of order\.refund, version 1$/),
    });
    expect(judge(payload, { isPayloadStrict: true })).toMatchObject({ code: 'invalid_payload', path });
  });

  it('does not look at a payload that was truncated', () => {
    const event = {
      action: 'order.refund',
      version: 1,
      payload: '{}',
      scopeId: 'acme',
      isPayloadTruncated: true,
    };
    expect(new Catalogue([refund()]).judge(event, { isStrict: true, isPayloadStrict: true })).toEqual(
      catalogued,
    );
  });

  it('says that no customer sees an event without a scope, unless the action has none', () => {
    const scopeless = { scopeId: undefined };
    const warning = { code: 'no_scope', path: '/scope', message: expect.stringContaining('no customer') };
    expect(judge(example, scopeless)).toEqual({ isCatalogued: true, warnings: [warning] });
    expect(judge({}, { ...scopeless, action: 'quite.another' })).toEqual({
      isCatalogued: false,
      warnings: [warning],
    });
    expect(judge(example, { ...scopeless, isStrict: true })).toMatchObject({
      code: 'missing_member',
      path: '/scope',
    });
    for (const isStrict of [false, true])
      expect(judge(example, { ...scopeless, isStrict, scopeRequired: false })).toEqual(catalogued);
    expect(said({ amount: 's3cret' }, scopeless)).toMatchObject({ code: 'payload_mismatch' });
  });

  it('never repeats a payload in a refusal', () => {
    for (const payload of [
      { amount: 's3cret' },
      { amount: 1, currency: 's3cret' },
      { amount: 1, lines: ['s3cret'] },
    ])
      expect(JSON.stringify([judge(payload), judge(payload, { isPayloadStrict: true })])).not.toContain(
        's3cret',
      );
  });

  it('looks at a payload that is as deep as an event can be', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(judge(`{"amount":1,"deep":${deep}}`)).toEqual(catalogued);
    expect(said(`{"amount":${deep}}`)).toMatchObject({ path: '/payload/amount' });
  });

  it('reports what it does not have, and refuses that where it is strict', () => {
    const unknown = { action: 'order.refunds' };
    expect(judge({}, unknown)).toEqual(uncatalogued);
    expect(judge({}, { ...unknown, isStrict: true })).toMatchObject({
      code: 'unknown_action',
      path: '/action',
      message: expect.stringContaining('did you mean "order.refund"?'),
    });
    expect(judge({}, { action: 'quite.another', isStrict: true })).toMatchObject({
      message: expect.stringContaining('GET /v1/actions'),
    });
    expect(judge({}, { version: 2 })).toEqual(uncatalogued);
    expect(judge({}, { version: 2, isStrict: true })).toMatchObject({
      code: 'unknown_version',
      path: '/version',
    });
    expect(judge(example, { isStrict: true })).toEqual(catalogued);
  });

  it('takes an action whose name every object has for what it is: unknown', () => {
    for (const action of ['constructor.x', '__proto__.x'])
      expect(judge({}, { action })).toEqual(uncatalogued);
    expect(new Catalogue([refund()]).currentForm('constructor', 1, {})).toBeUndefined();
  });

  describe('shows the current form of an old event', () => {
    const catalogue = new Catalogue([refund({ versions: { 1: refund().versions[1]!, 2: second } })]);

    it('by one upcaster a step', () => {
      const stored = { amount: 5, note: 'x' };
      expect(catalogue.currentForm('order.refund', 1, stored)).toEqual({
        version: 2,
        payload: { amount: { value: 5 }, note: 'x' },
      });
      expect(stored).toEqual({ amount: 5, note: 'x' });
    });

    it('as far as upcasters are declared', () => {
      const third = { since: '2027-01-01', schema, example };
      const withHole = new Catalogue([
        refund({ versions: { 1: refund().versions[1]!, 2: second, 3: third } }),
      ]);
      expect(withHole.currentForm('order.refund', 1, { amount: 5 })).toMatchObject({ version: 2 });
      expect(withHole.currentForm('order.refund', 2, { amount: {} })).toBeUndefined();
    });

    it('and none of what is current, or not catalogued', () => {
      expect(catalogue.currentForm('order.refund', 2, {})).toBeUndefined();
      expect(catalogue.currentForm('order.refund', 7, {})).toBeUndefined();
      expect(catalogue.currentForm('order.lost', 1, {})).toBeUndefined();
    });
  });
});

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

  it('says yes only where the schema does', () => {
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

  it('is enough for what is common', () => {
    const common = { s: 'x', n: 1.5, i: null, b: false, o: { any: 1 }, l: [1], more: {} };
    expect(isFineBySight(membersOf(JSON.stringify(common)))).toBe(true);
  });
});

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

describe('a catalogue that cannot be used', () => {
  const faults = (definition: unknown, isBuiltIn = false) =>
    faultsOf([{ definition: definition as ActionDefinition, source: 'order.refund.ts', isBuiltIn }]).join(
      '\n',
    );
  const withVersion = (change: object) =>
    refund({ versions: { 1: { ...refund().versions[1]!, ...change } } as ActionDefinition['versions'] });

  it('is told from one that can', () => {
    expect(faults(refund())).toBe('');
    expect(faults(refund({ versions: { 1: refund().versions[1]!, 2: second } }))).toBe('');
  });

  it.each<[string, unknown, RegExp]>([
    [
      'an action that breaks the grammar',
      refund({ action: 'Refund' }),
      /order\.refund\.ts: action: Expected lowercase words/,
    ],
    ['an action of ours', refund({ action: 'audit_log.order.refund' }), /Annals' own/],
    ['no description', refund({ description: ' ' }), /description/],
    ['an unknown member', { ...refund(), severity: 1 }, /severity/],
    ['no version', refund({ versions: {} }), /versions: Expected 1, 2/],
    ['a hole between versions', refund({ versions: { 1: second, 3: second } }), /without holes/],
    ['a day that is none', withVersion({ since: '2026-13-01' }), /versions\.1\.since: Expected a day/],
    ['a schema of a list', withVersion({ schema: { type: 'array' } }), /schema of an object/],
    [
      'a schema that is closed',
      withVersion({ schema: { ...schema, additionalProperties: false } }),
      /additionalProperties/,
    ],
    ['a keyword that cannot be compared', withVersion({ schema: { ...schema, anyOf: [] } }), /anyOf/],
    [
      'a member without description',
      withVersion({ schema: { type: 'object', properties: { x: { type: 'string' } } }, example: {} }),
      /\/x has no description/,
    ],
    [
      'a pattern that is none',
      withVersion({
        schema: { type: 'object', properties: { x: { type: 'string', description: 'x', pattern: '(' } } },
        example: {},
      }),
      /versions\.1\.schema/,
    ],
    [
      'an example that contradicts its schema',
      withVersion({ example: { amount: 'x' } }),
      /example: \/amount: Expected an integer/,
    ],
    ['an upcaster to version 1', withVersion({ upcast: (payload: object) => payload }), /no version before/],
  ])('has %s, and says so', (_, definition, fault) => {
    expect(faults(definition)).toMatch(fault);
  });

  it.each<[string, (payload: Readonly<Record<string, unknown>>) => Record<string, unknown>, RegExp]>([
    ['gives what the schema does not have', () => ({ amount: 'x' }), /wrong: \/amount/],
    ['throws', () => (undefined as never as { x: never }).x, /fails with the example of version 1/],
    [
      'changes what was stored',
      payload => Object.assign(payload, { amount: {} }),
      /fails with the example of version 1/,
    ],
  ])('has an upcaster that %s', (_, upcast, fault) => {
    expect(faults(refund({ versions: { 1: refund().versions[1]!, 2: { ...second, upcast } } }))).toMatch(
      fault,
    );
  });

  it('has one action twice', () => {
    const declared = ['a.ts', 'b.ts'].map(source => ({ definition: refund(), source, isBuiltIn: false }));
    expect(faultsOf(declared)).toEqual(['b.ts: order.refund is declared by a.ts already; keep one of them']);
  });

  it('is told of all its faults together', () => {
    expect(faults({ ...refund({ owner: '', description: '' }) }).split('\n')).toHaveLength(2);
  });
});

describe('a schema that was released', () => {
  const changes = (change: (copy: PayloadSchema) => unknown): string[] => {
    const copy = structuredClone(schema) as PayloadSchema;
    change(copy);
    return incompatibleChanges(schema, copy).map(({ path, what }) => `${path} ${what}`);
  };
  type Open = { properties: Record<string, Record<string, unknown>>; required?: string[] };
  const members = (copy: PayloadSchema) => (copy as unknown as Open).properties;
  const lineOf = (copy: PayloadSchema) => members(copy).lines!.items as unknown as Open;

  it.each<[string, (copy: PayloadSchema) => unknown]>([
    ['stay as it is', () => undefined],
    ['gain an optional member', copy => (members(copy).note = { type: 'string', description: 'x' })],
    ['gain one deep inside', copy => (lineOf(copy).properties.note = { type: 'string' })],
    ['require less', copy => ((copy as unknown as Open).required = [])],
    ['list more values', copy => (members(copy).currency!.enum = ['USD', 'GBP', 'EUR'])],
    ['list values no more', copy => delete members(copy).currency!.enum],
    ['be described anew', copy => (members(copy).amount!.description = 'In cents, always.')],
    ['be annotated', copy => (members(copy).amount!.format = 'int64')],
  ])('may %s', (_, change) => {
    expect(changes(change)).toEqual([]);
  });

  it.each<[string, (copy: PayloadSchema) => unknown, RegExp]>([
    ['lose a member', copy => delete members(copy).currency, /^\/currency it was removed$/],
    [
      'retype one',
      copy => (members(copy).amount!.type = 'number'),
      /^\/amount its type was changed from "integer" to "number"$/,
    ],
    ['allow more types', copy => (members(copy).amount!.type = ['integer', 'null']), /its type/],
    [
      'require more',
      copy => (copy as unknown as Open).required!.push('currency'),
      /^\/currency it is required now$/,
    ],
    [
      'require a new member',
      copy => {
        members(copy).note = { type: 'string' };
        (copy as unknown as Open).required!.push('note');
      },
      /^\/note it is required now$/,
    ],
    ['list fewer values', copy => (members(copy).currency!.enum = ['EUR']), /enum allows less/],
    ['begin to list values', copy => (members(copy)['a/b~c']!.enum = ['x']), /^\/a~1b~0c its enum/],
    [
      'bound a number anew',
      copy => (members(copy).amount!.minimum = 2),
      /its minimum was changed from 1 to 2/,
    ],
    [
      'bound one at all',
      copy => (members(copy).amount!.maximum = 5),
      /its maximum was changed from none to 5/,
    ],
    [
      'lose a member of items',
      copy => delete lineOf(copy).properties.sku,
      /^\/lines\/\*\/sku it was removed$/,
    ],
    ['lose what its items are', copy => delete members(copy).lines!.items, /items are was removed/],
  ])('may not %s', (_, change, told) => {
    const found = changes(change);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(told);
  });
});
