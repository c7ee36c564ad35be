import { describe, expect, it } from 'vitest';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import { example, refund, schema, second } from '#test/support/refund-action.ts';

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

  it('reports what it does not have, and refuses that if it is strict', () => {
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

    it('and returns nothing if it is current or not catalogued', () => {
      expect(catalogue.currentForm('order.refund', 2, {})).toBeUndefined();
      expect(catalogue.currentForm('order.refund', 7, {})).toBeUndefined();
      expect(catalogue.currentForm('order.lost', 1, {})).toBeUndefined();
    });
  });
});
