import { describe, expect, it } from 'vitest';
import type { Caller } from '#domain/access/caller.ts';
import {
  eventSearchShape,
  histogramShape,
  membersOfQuery,
  parseBrowseRequest,
  valuesShape,
} from '#domain/browse/request.ts';

const operator: Caller = { role: 'operator', principal: 'p' };
const admin: Caller = { role: 'admin', principal: 'u-1', scopeId: 'acme' };
const parse = (asked: object, caller: Caller = operator) =>
  parseBrowseRequest(eventSearchShape, asked, caller);
const problemOf = (asked: object, caller: Caller = operator) => {
  const parsed = parse({ scope_id: 'acme', ...asked }, caller);
  return 'problem' in parsed ? parsed.problem : undefined;
};

describe('a look into a log', () => {
  it('is asked for as a query or as a body', () => {
    const query = membersOfQuery({ scope_id: 'acme', limit: '7', success: 'false', actor: 'u-1,-u-2' });
    const body = { scope_id: 'acme', limit: 7, success: false, actor: ['u-1', '-u-2'] };
    expect(parse(query)).toMatchObject({ selection: parse(body) && { scopeId: 'acme' } });
    const [a, b] = [parse(query), parse(body)] as { selection: object; members: { limit?: number } }[];
    expect(a!.selection).toEqual(b!.selection);
    expect([a!.members.limit, b!.members.limit]).toEqual([7, 7]);
  });

  it('says what was expected of a limit, a text and a list, however they were given', () => {
    for (const limit of [0, 1001, 1.5, '7x', '1e9', null])
      expect(problemOf({ limit })?.message).toBe('Expected a whole number from 1 to 1000');
    for (const q of ['', 'x'.repeat(1025), 7])
      expect(problemOf({ q })?.message).toBe('Expected a text of 1 to 1024 characters');
    for (const actor of [[], Array.from({ length: 101 }, () => 'u'), 7])
      expect(problemOf({ actor })?.message).toMatch(/^Expected a text .* or a list of 1 to 100$/);
    expect(problemOf({ all_scopes: 'false' })?.message).toBe('Expected true, or leave it out');
  });

  it.each([
    [{ limit: 0 }, '/limit'],
    [{ limit: 1001 }, '/limit'],
    [{ limit: '7x' }, '/limit'],
    [{ from: 'yesterday' }, '/from'],
    [{ to: '2026-02-30' }, '/to'],
    [{ actors: 'u' }, '/actors'],
    [JSON.parse('{"__proto__":{"limit":1}}'), '/__proto__'],
    [{ constructor: 'u' }, '/constructor'],
    [{ action: 'User Login' }, '/action'],
    [{ success: 'yes' }, '/success'],
    [{ id: '17' }, '/id'],
    [{ address: 'localhost' }, '/address'],
    [{ actor: '' }, '/actor'],
    [{ actor: [] }, '/actor'],
    [{ actor: 17 }, '/actor'],
    [{ actor: ['\ud800'] }, '/actor'],
    [{ q: '' }, '/q'],
    [{ q: 'x'.repeat(1025) }, '/q'],
    [{ q: '\udfff' }, '/q'],
    [{ actor: 'x'.repeat(8193) }, '/actor'],
    [{ actor: Array(10_000).fill('u') }, '/actor'],
    [{ actor: Array(60).fill('u'), target: Array(60).fill('u') }, '/target'],
  ])('%o is refused at its place', (asked, path) => {
    expect(problemOf(asked)).toMatchObject({ code: 'invalid_request', path });
  });

  it('names in a fault of a filter the character', () => {
    expect(problemOf({ actor: 'a,"b' })?.message).toMatch(/quote to be closed.*, at character 3$/);
  });

  it('has a window that is not turned round', () => {
    expect(problemOf({ from: '2026-02-01', to: '2026-01-01' })).toMatchObject({ code: 'empty_window' });
    expect(problemOf({ from: '2026-02-01', to: '2026-02-01' })).toMatchObject({ path: '/from' });
    expect(problemOf({ from: '2026-01-01', to: '2026-02-01' })).toBeUndefined();
  });

  it('is for the admin of the scope and the operator', () => {
    expect(problemOf({}, admin)).toBeUndefined();
    for (const scope_id of ['other', 'acme '])
      expect(problemOf({ scope_id }, admin)).toMatchObject({ code: 'forbidden' });
    expect(problemOf({}, { role: 'support', principal: 's' })).toMatchObject({ code: 'forbidden' });
    expect(problemOf({ scope_id: undefined })).toMatchObject({ code: 'scope_required' });
    expect(problemOf({ scope_id: undefined }, admin)).toMatchObject({ code: 'scope_required' });
  });

  it('into all logs is for the operator alone, with a reason', () => {
    const all = { scope_id: undefined, all_scopes: true };
    expect(problemOf(all)).toMatchObject({ code: 'reason_required' });
    expect(problemOf({ ...all, reason: 'r' }, admin)).toMatchObject({ code: 'forbidden' });
    expect(problemOf({ ...all, scope_id: 'acme', reason: 'r' })).toMatchObject({ path: '/all_scopes' });
    expect(parse({ all_scopes: true, reason: 'r' })).toMatchObject({
      selection: { scopeId: undefined, reason: 'r' },
    });
    expect(problemOf(membersOfQuery({ all_scopes: 'yes' }))).toMatchObject({ path: '/all_scopes' });
  });

  it('for counts names the interval or the field', () => {
    const asked = { scope_id: 'acme' };
    expect(parseBrowseRequest(histogramShape, asked, operator)).toMatchObject({
      problem: { path: '/interval' },
    });
    expect(parseBrowseRequest(valuesShape, { ...asked, field: 'payload' }, operator)).toMatchObject({
      problem: { path: '/field' },
    });
    expect(parseBrowseRequest(valuesShape, { ...asked, field: 'actor' }, operator)).toMatchObject({
      members: { field: 'actor' },
    });
  });
});
