import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { printTypes } from '#catalogue/build/print-types.ts';
import type { ActionDefinition, MemberSchema } from '#domain/catalogue/action.ts';

const schemaOf = (properties: Record<string, MemberSchema>, required: string[] = []) => ({
  type: 'object' as const,
  properties,
  required,
});
const actionOf = (action: string, ...schemas: ReturnType<typeof schemaOf>[]): ActionDefinition => ({
  action,
  description: 'It happened.',
  emittedWhen: 'It happens.',
  targetType: 'card',
  owner: 'payments',
  versions: Object.fromEntries(
    schemas.map((schema, at) => [at + 1, { since: '2026-01-01', schema, example: {} }]),
  ),
});

it('closes what is declared, requires what is required, and leaves open what is not declared', async () => {
  const card = schemaOf({ last4: { type: 'string' }, brand: { type: 'string' } }, ['last4']);
  const charge = schemaOf(
    { cents: { type: 'integer' }, note: { type: 'string' }, card, details: { type: 'object' } },
    ['cents', 'card'],
  );
  const text = await printTypes([
    actionOf('card.charge', charge, schemaOf({ amount: { type: 'string' } }, ['amount'])),
    actionOf('card.show', schemaOf({ cents: { type: 'integer' } })),
    actionOf('card.lock', schemaOf({})),
  ]);
  // What typed-events.ts has is what services are given.
  const fixture = await readFile(join(import.meta.dirname, '..', '..', 'client', 'typed-events.ts'), 'utf8');
  const bare = (source: string): string[] =>
    source
      .replaceAll(/\/\*\*[\s\S]*?\*\//g, '')
      .split(/^(?:export )?(?=interface)/m)
      .slice(1)
      .map(declaration => declaration.slice(0, declaration.indexOf('\n}')).replaceAll(/\s+/g, ' '));
  expect(bare(text)).toEqual(bare(fixture));
  expect(text).toContain(
    `"card.charge": { target: "card"; payloads: { 1: CardChargeV1; 2: CardChargeV2 } };`,
  );
});

it('closes the objects of a list', async () => {
  const items = schemaOf({ id: { type: 'string' } });
  const text = await printTypes([actionOf('card.list', schemaOf({ cards: { type: 'array', items } }))]);
  expect(text).not.toContain('[k: string]');
});
