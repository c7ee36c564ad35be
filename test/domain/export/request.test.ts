import { describe, expect, it } from 'vitest';
import type { Caller } from '#domain/access/caller.ts';
import { parseExportRequest } from '#domain/export/request.ts';
import { withStatus } from '#test/support/problem-status.ts';

describe('a request for an export', () => {
  const support: Caller = { role: 'support', principal: 'p' };
  const admin: Caller = { role: 'admin', principal: 'u-7', scopeId: 'acme' };
  const valid = { scope_id: 'acme', requested_by: 'u', reason: 'r' };
  it('reads times as instants and dates', () => {
    expect(
      parseExportRequest({ ...valid, from: '2026-11-01', to: '2026-11-02T00:00:00+01:00' }, support),
    ).toMatchObject({
      request: { from: '2026-11-01T00:00:00.000000000Z', to: '2026-11-01T23:00:00.000000000Z' },
    });
  });

  it.each([
    ['an unknown member', { ...valid, scop: 1 }, 'invalid_request', '/scop'],
    ['a time that is none', { ...valid, from: 'yesterday' }, 'invalid_request', '/from'],
    ['a scope of another type', { ...valid, scope_id: 7 }, 'invalid_request', '/scope_id'],
    ['no object', 'acme', 'invalid_request', ''],
    ['an empty window', { ...valid, from: '2026-11-02', to: '2026-11-02' }, 'empty_window', '/from'],
    ['no scope', { requested_by: 'u', reason: 'r' }, 'scope_required', '/scope_id'],
    ['no requester', { scope_id: 'acme', reason: 'r' }, 'requester_required', '/requested_by'],
    ['no reason', { scope_id: 'acme', requested_by: 'u' }, 'reason_required', '/reason'],
  ] as const)('is refused with %s', (_, body, code, path) => {
    expect(withStatus(parseExportRequest(body, support))).toMatchObject({
      problem: { status: 400, code, path },
    });
  });

  it('is of the scope that a session on the page has opened', () => {
    for (const role of ['support', 'operator'] as const) {
      const session: Caller = { role, principal: 'p', openScope: { scopeId: 'acme', reason: 'r' } };
      expect(parseExportRequest(valid, session)).toHaveProperty('request');
      expect(parseExportRequest({ ...valid, scope_id: 'other' }, session)).toMatchObject({
        problem: {
          code: 'forbidden',
          path: '/scope_id',
          message: 'The session is for another scope; open this one first',
        },
      });
    }
  });

  it('may name a format; the default is csv', () => {
    const formatOf = (format: unknown) => parseExportRequest({ ...valid, format }, support);
    for (const format of ['csv-excel', 'ndjson'])
      expect(formatOf(format)).toMatchObject({ request: { format } });
    expect(JSON.stringify(formatOf('csv'))).toBe(JSON.stringify(parseExportRequest(valid, support)));
    for (const format of ['xlsx', 'CSV', '', null, ['csv']])
      expect(withStatus(formatOf(format))).toMatchObject({ problem: { status: 400, path: '/format' } });
  });

  it('may name whatever scope an event may have', () => {
    const scope_id = '🦩'.repeat(256);
    expect(parseExportRequest({ ...valid, scope_id }, support)).toMatchObject({ request: { scope_id } });
    for (const id of ['', `${scope_id}x`, 'a\u0000'])
      expect(parseExportRequest({ ...valid, scope_id: id }, support)).toMatchObject({
        problem: { path: '/scope_id' },
      });
  });

  it('is for all scopes if the operator says so, with a reason, and never by leaving the scope out', () => {
    const operator: Caller = { role: 'operator', principal: 'p' };
    expect(parseExportRequest({ all_scopes: true, reason: 'r' }, operator)).toEqual({
      request: { all_scopes: true, reason: 'r' },
      isDryRun: false,
    });
    for (const [body, code, path] of [
      [{}, 'scope_required', '/scope_id'],
      [{ all_scopes: false }, 'scope_required', '/scope_id'],
      [{ reason: 'r', dry_run: true }, 'scope_required', '/scope_id'],
      [{ all_scopes: true }, 'reason_required', '/reason'],
      [{ all_scopes: true, scope_id: 'acme', reason: 'r' }, 'invalid_request', '/all_scopes'],
      [{ all_scopes: 'true', reason: 'r' }, 'invalid_request', '/all_scopes'],
    ] as const)
      expect(withStatus(parseExportRequest(body, operator))).toMatchObject({
        problem: { status: 400, code, path },
      });
  });

  it('is of an admin themselves, for the scope of their token', () => {
    expect(parseExportRequest({ scope_id: 'acme' }, admin)).toEqual({
      request: { scope_id: 'acme', requested_by: 'u-7' },
      isDryRun: false,
    });
  });

  it.each([
    ['another scope', { scope_id: 'other' }, 403, '/scope_id'],
    ['another requester', { scope_id: 'acme', requested_by: 'u-8' }, 403, '/requested_by'],
    ['no scope', {}, 400, '/scope_id'],
    ['all scopes', { all_scopes: true, reason: 'r' }, 403, '/all_scopes'],
  ])('of an admin is refused with %s', (_, body, status, path) => {
    expect(withStatus(parseExportRequest(body, admin))).toMatchObject({ problem: { status, path } });
  });
});
