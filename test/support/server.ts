/** Runs an installation in the process of a test, with short functions for what its callers do. */

import { parse } from 'csv-parse/sync';
import { expect, onTestFinished, vi } from 'vitest';
import { installedCatalogue } from '#catalogue/bundled.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import type { Role } from '#embedded/access/keys.ts';
import { type InstallationOptions, startInstallation } from '#embedded/installation.ts';
import { expectConformity } from './openapi-conformance.ts';
import { temporaryDirectory } from './temporary.ts';

export type CsvRow = Record<
  | 'action'
  | 'actor'
  | 'target'
  | 'payload'
  | 'occurred_at'
  | 'metadata'
  | 'id'
  | 'version'
  | 'scope'
  | 'success'
  | 'request',
  string
>;
/** An object with all of its optional members present. */
export type Whole<T> = { [Member in keyof T]-?: Exclude<T[Member], undefined> };
/** An export that has succeeded. */
export type Job = Whole<Api<'Export'>>;
export type Posted = Api<'Received'>;

export const parseCsv = (text: string): CsvRow[] => parse(text, { columns: true }) as CsvRow[];

/** Functions that call an installation at a URL. */
export const callers = (url: string, keys: Record<Role, string>) => {
  const call = async (
    role: Role | undefined,
    path: string,
    init: RequestInit & { headers?: Record<string, string> } = {},
  ) => {
    // A proxy may serve it below a path.
    const base = new URL(url.endsWith('/') ? url : `${url}/`);
    const target = new URL(path.slice(1), base);
    const response = await fetch(target, {
      redirect: 'manual',
      ...init,
      headers: { ...init.headers, ...(role ? { authorization: `Bearer ${keys[role]}` } : {}) },
    });
    // Every answer of every test is checked against the OpenAPI document.
    const pathname = target.pathname.slice(base.pathname.length - 1);
    if (pathname.startsWith('/v1/') || pathname === '/healthz')
      expectConformity(init.method ?? 'GET', pathname, {
        status: response.status,
        contentType: response.headers.get('content-type'),
        body: await response.clone().text(),
      });
    return response;
  };
  const post = async (body: string, contentType = 'application/json') => {
    const response = await call('emitter', '/v1/events', {
      method: 'POST',
      body,
      headers: { 'content-type': contentType },
    });
    return { status: response.status, ...((await response.json()) as Posted) };
  };
  const admin = (scopeId: string, userId: string, method = 'PUT') =>
    call('operator', `/v1/scopes/${encodePathId(scopeId)}/admins/${encodePathId(userId)}`, { method });
  const request = (question: object, role: Role = 'support', headers = {}) =>
    call(role, '/v1/exports', { method: 'POST', body: JSON.stringify(question), headers });
  /** Requests an export; first makes its requester an admin. */
  const ask = async (
    question: { scope_id?: string | undefined; requested_by?: string; [member: string]: unknown },
    role: Role = 'support',
    headers = {},
  ) => {
    const { scope_id, requested_by } = question;
    if (scope_id && requested_by) await admin(scope_id, requested_by);
    return request(question, role, headers);
  };
  const finished = async (id: string, role: Role = 'support'): Promise<Job> =>
    vi.waitFor(
      async () => {
        const job = (await (await call(role, `/v1/exports/${id}`)).json()) as Job;
        expect(['succeeded', 'failed']).toContain(job.status);
        return job;
      },
      { timeout: 60_000, interval: 20 },
    );
  const download = async (id: string, role: Role = 'support') => {
    const link = await call(role, `/v1/exports/${id}/download`);
    expect(link.status).toBe(302);
    return (await fetch(link.headers.get('location')!)).text();
  };
  /**
   * Requests an export, waits and downloads it. Events of Annals itself are returned apart, and not counted
   * as rows.
   */
  const exportLog = async (question: object = {}, role: Role = 'support') => {
    const complete: { scope_id?: string; requested_by?: string } = {
      scope_id: 'acme',
      ...(role === 'support' ? { requested_by: 'u-1', reason: 'test' } : {}),
      ...question,
      // Without a scope, it exports all scopes.
      ...('scope_id' in question && question.scope_id === undefined
        ? { all_scopes: true, reason: 'test' }
        : {}),
    };
    const asked = await ask(complete, role);
    expect(asked.status).toBe(202);
    const whole = await finished(((await asked.json()) as Job).id, role);
    const csv = whole.status === 'succeeded' ? await download(whole.id, role) : '';
    const all = csv === '' ? [] : parseCsv(csv);
    const rows = all.filter(({ action }) => !action.startsWith('audit_log.'));
    const own = all.filter(({ action }) => action.startsWith('audit_log.'));
    // Every event of Annals itself must match its catalogued action.
    const strictness = { isStrict: true, isPayloadStrict: true };
    for (const { action, payload } of own)
      expect(installedCatalogue.judge({ action, version: 1, payload }, strictness), action).toEqual({
        isCatalogued: true,
        warnings: [],
      });
    return { job: { ...whole, rows: whole.rows - own.length }, whole, csv, rows, own };
  };
  return { url, keys, call, post, admin, request, ask, finished, download, exportLog };
};

/** Options of a server that files nothing: what is acknowledged stays on the stream, and exports wait. */
export const filesNothing = {
  eventSource: { invoke: () => Promise.reject(new Error('Nothing is filed')), maxPauseMs: 1000 },
} satisfies Partial<InstallationOptions>;

export const startServer = async (options: Partial<InstallationOptions> = {}) => {
  const data = options.data ?? (await temporaryDirectory());
  const installation = await startInstallation({
    log: () => undefined,
    memoryLimit: '256MiB',
    ...options,
    data,
    eventSource: { windowMs: 10, maxPauseMs: 20, ...options.eventSource },
  });
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) await installation.stop();
    isStopped = true;
  };
  onTestFinished(stop);
  return { ...callers(installation.url, installation.keys), data, stop };
};
