import { describe, expect, it } from 'vitest';
import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { faultsOf } from '#domain/catalogue/faults.ts';
import { refund, schema, second } from '#test/support/refund-action.ts';

describe('a catalogue that cannot be used', () => {
  const faults = (definition: unknown, isBuiltIn = false) =>
    faultsOf([{ definition: definition as ActionDefinition, source: 'order.refund.ts', isBuiltIn }]).join(
      '\n',
    );
  const withVersion = (change: object) =>
    refund({ versions: { 1: { ...refund().versions[1]!, ...change } } as ActionDefinition['versions'] });

  it('is distinguished from one that can', () => {
    expect(faults(refund())).toBe('');
    expect(faults(refund({ ocsf: { class: 'api_activity', activity: 'Update' } }))).toBe('');
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
    [
      'an activity that its class of OCSF does not have',
      { ...refund(), ocsf: { class: 'authentication', activity: 'Create' } },
      /ocsf: Expected a class of OCSF \(account_change, /,
    ],
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

  it('gets all its faults together', () => {
    expect(faults({ ...refund({ owner: '', description: '' }) }).split('\n')).toHaveLength(2);
  });
});
