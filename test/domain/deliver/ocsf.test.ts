import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actions } from '#catalogue/generated/actions.ts';
import { actions as circleci } from '#catalogue/sets/circleci/generated/actions.ts';
import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { ocsfLine, ocsfTableOf, tableOfRows } from '#domain/deliver/ocsf.ts';
import type { Cells } from '#domain/filter/filter.ts';
import { cellsOf, uuid } from '#test/support/browse-world.ts';
import schema from '#test/vectors/ocsf-1.8.0.json' with { type: 'json' };

const catalogue: readonly ActionDefinition[] = [...actions, ...circleci];
const table = ocsfTableOf(catalogue);
const at = '2026-11-23T12:00:00.123456789Z';
const row = cellsOf({ id: uuid(1), occurredAt: at, filedAt: at, scope: 'acme' });
const cells = (change: Cells = {}): Cells => ({ ...row, ...change });

const { classes, $defs } = schema;
const ajv = new Ajv2020({ strict: false });
const validators = new Map(
  Object.values(classes).map(item => [item.properties.class_uid.const, ajv.compile({ ...item, $defs })]),
);
/** What the published schema of the line's class has against it. */
const faultsOf = (line: string): unknown => {
  const event = JSON.parse(line) as { class_uid: number };
  const validate = validators.get(event.class_uid)!;
  return validate(event) ? undefined : validate.errors;
};

const cellsOfAction = ({ action, targetType, versions }: ActionDefinition): Cells =>
  cells({
    action,
    target: JSON.stringify({ id: 't-1', type: targetType, name: 'a target' }),
    payload: JSON.stringify(versions[1]!.example),
  });

describe('a line of OCSF', () => {
  it('keeps the published schema for every action of the catalogue, and is as in the golden file', async () => {
    const lines = catalogue.map(action => ocsfLine(cellsOfAction(action), table));
    for (const line of lines) expect(faultsOf(line), line).toBeUndefined();
    await expect(lines.join('')).toMatchFileSnapshot(
      join(import.meta.dirname, '../../vectors/ocsf-lines.ndjson'),
    );
  });

  it('is a Base Event for exactly those actions of ours that the docs list', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/delivery.md'), 'utf8');
    const [, listed] = /no class describes them: (.*)\.$/m.exec(page)!;
    const unmapped = catalogue.filter(({ ocsf }) => ocsf === undefined).map(({ action }) => action);
    expect([...listed!.matchAll(/`([^`]+)`/g)].map(([, action]) => action)).toEqual(unmapped.sort());
  });

  it('is held by a schema that refuses an unknown attribute and a missing one', () => {
    const event = JSON.parse(ocsfLine(cells(), table)) as Record<string, unknown>;
    expect(faultsOf(JSON.stringify({ ...event, who: 'x' }))).toBeDefined();
    expect(faultsOf(JSON.stringify({ ...event, metadata: undefined }))).toBeDefined();
  });

  it('has the class that the catalogue says, and is a Base Event named by the action without one', () => {
    const event = (action: string) => JSON.parse(ocsfLine(cells({ action }), table));
    expect(event('user.create')).toMatchObject({ class_uid: 3001, activity_id: 1, type_uid: 300101 });
    expect(event('workflow.job.start')).toMatchObject({
      class_uid: 0,
      activity_id: 99,
      activity_name: 'workflow.job.start',
      actor: { user: { uid: 'u-1' } },
    });
    expect(event('order.refund')).toMatchObject({ class_uid: 0, type_uid: 99 });
  });

  it('keeps the nine digits of the time, and the event whole, with the tokens that were sent', () => {
    const payload = '{"a":1.50,"big":12345678901234567890}';
    const { time, metadata, unmapped } = JSON.parse(ocsfLine(cells({ payload }), table));
    expect(time).toBe(Date.parse('2026-11-23T12:00:00.123Z'));
    expect(metadata.original_time).toBe(at);
    expect(unmapped.occurred_at).toBe(at);
    expect(unmapped.event).toContain(`"payload":${payload}`);
    expect(JSON.parse(unmapped.event)).toMatchObject({ id: uuid(1), scope: { id: 'acme' } });
  });

  it('has a uid that differs with the scope, the id and the time, and with nothing else', () => {
    const uid = (change: Cells) => JSON.parse(ocsfLine(cells(change), table)).metadata.uid as string;
    const same = uid({});
    expect(uid({ payload: '{"other":true}' })).toBe(same);
    const others = [
      { scope_id: 'globex' },
      { scope_id: undefined },
      { id: uuid(2) },
      { occurred_at: filed(8) },
    ];
    expect(new Set([same, ...others.map(uid)]).size).toBe(5);
  });

  it('can be made again from the part of the table that its actions need', () => {
    const rows = ['user.create', 'order.refund', 'user.create', 'constructor'].map(action =>
      cells({ action }),
    );
    const part = tableOfRows(table, rows);
    expect(part).toEqual({ 'user.create': { class: 'account_change', activity: 'Create' } });
    for (const row of rows) expect(ocsfLine(row, part)).toBe(ocsfLine(row, table));
  });

  it('says where a request came from only if that is an address', () => {
    const source = (ip_address: unknown, action = 'user.logged_in') =>
      JSON.parse(ocsfLine(cells({ action, request: JSON.stringify({ id: 'r-1', ip_address }) }), table))
        .src_endpoint;
    expect(source('::ffff:192.0.2.1')).toEqual({ ip: '192.0.2.1' });
    expect(source('fe80::1%eth0')).toEqual({ ip: 'fe80::1' });
    expect(source('the office')).toBeUndefined();
    expect(source(17, 'context.create')).toEqual({ name: 'unknown' });
  });

  it('is a valid line whatever the names say, of every class', () => {
    const json = fc
      .string({ unit: 'binary' })
      .map(name => `{"id":"x","type":"user","name":${JSON.stringify(name)}}`);
    const request = fc.oneof(
      fc.constant(undefined),
      fc.json().map(value => `{"id":"r","ip_address":${value}}`),
    );
    fc.assert(
      fc.property(fc.constantFrom(...catalogue), json, json, request, (action, actor, target, asked) => {
        const line = ocsfLine({ ...cellsOfAction(action), actor, target, request: asked }, table);
        expect(line.isWellFormed() && line.indexOf('\n') === line.length - 1).toBe(true);
        expect(faultsOf(line)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('is plain UTF-8 JSON if a name holds half of a surrogate pair', () => {
    const actor = '{"id":"x","type":"user","name":"a\\ud800"}';
    const event = JSON.parse(ocsfLine(cells({ actor }), table));
    expect(event.actor.user.name).toBe('a\ufffd');
    expect(JSON.parse(event.unmapped.event)).toMatchObject({ actor, irregular: ['actor'] });
  });
});

const filed = (digit: number): string => `${at.slice(0, 28)}${digit}Z`;
