import { describe, expect, it } from 'vitest';
import { filterFields } from '#domain/filter/filter.ts';
import { openApiDocument } from '#domain/http/openapi-document.ts';
import { encodePathId, maxPathIdCharacters } from '#domain/http/path-id.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';

const flamingos = (count: number): string => '🦩'.repeat(count);
/** Names of every script at the limit, and what is one beyond it, or none. */
const names = ['a', '.', '~', 'a/b?c#d%2F', 'é'.repeat(256), '顧'.repeat(256), flamingos(256), '\u202e '];
const noNames = ['a'.repeat(257), flamingos(257), 'a\n', 'a\u0085', '\u0000'];
const halves = '\ud83e';

/** The form of an id in a path, of bytes that may be none. */
const pathForm = (bytes: Buffer): string => `~${bytes.toString('base64url')}`;
const noPathIds = [
  ...noNames.map(encodePathId),
  '~',
  '~***',
  '%20',
  'a%2Fb',
  // Another form of what has a form: one id has one.
  pathForm(Buffer.from('plain')),
  `${encodePathId('é')}=`,
  pathForm(Buffer.from([0xff])),
  'a'.repeat(maxPathIdCharacters + 1),
];

const open = async () => {
  const server = await startServer();
  /** The status of the answer, and the code of a problem. */
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<string> => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await server.call('operator', path, { method, headers, ...init });
    const text = await response.text();
    const { code, path: place } = (response.status >= 400 ? JSON.parse(text) : {}) as Record<string, string>;
    return [response.status, code, place].filter(part => part !== undefined).join(' ');
  };
  return { ...server, ask };
};

describe('the limits that the description names', () => {
  it('hold for ids of scopes, users and schedules: a name is taken in its path form, and nothing else', async () => {
    const { ask, call } = await open();
    const rhythm = { every: 'daily', at: '06:00', time_zone: 'UTC', reason: 'test' };
    for (const name of names) {
      const id = encodePathId(name);
      expect(id.length).toBeLessThanOrEqual(maxPathIdCharacters);
      expect(await ask('PUT', `/v1/scopes/${id}/admins/${id}`), name).toBe('200');
      const { admins } = (await (await call('operator', `/v1/scopes/${id}/admins`)).json()) as {
        admins: object[];
      };
      expect(admins).toMatchObject([{ user_id: name }]);
      expect(await ask('PUT', `/v1/scopes/${id}/schedules/${id}`, { ...rhythm, requested_by: name })).toBe(
        '201',
      );
      const set = await call('operator', `/v1/scopes/${id}/schedules/${id}`);
      expect(await set.json()).toMatchObject({ id: name, scope_id: name, requested_by: name });
      expect(await ask('DELETE', `/v1/scopes/${id}/schedules/${id}`)).toBe('204');
      expect(await ask('DELETE', `/v1/scopes/${id}/admins/${id}`)).toBe('204');
    }
    for (const id of noPathIds) {
      expect(await ask('PUT', `/v1/scopes/${id}/admins/u`), id).toBe('400 invalid_id');
      expect(await ask('PUT', `/v1/scopes/acme/admins/${id}`), id).toBe('400 invalid_id');
      expect(await ask('GET', `/v1/scopes/${id}/schedules`), id).toBe('400 invalid_id');
      expect(await ask('GET', `/v1/scopes/acme/schedules/${id}`), id).toBe('400 invalid_id');
    }
    expect(await ask('PUT', '/v1/scopes//admins/u'), 'an empty id is another path').toBe('404 not_found');
  });

  it('hold for the ids of exports, notices and gaps: an invalid one is not found', async () => {
    const { ask } = await open();
    for (const id of [...noPathIds, 'a'.repeat(36), '0'.repeat(35), '0'.repeat(37)])
      for (const request of [`GET /v1/exports/${id}`, `POST /v1/notices/${id}/retry`])
        expect(await ask(...(request.split(' ') as [string, string])), request).toBe('404 not_found');
    for (const id of [...noPathIds, 'a'.repeat(maxPathIdCharacters), encodePathId('🦩'.repeat(256))])
      expect(await ask('POST', `/v1/gaps/${id}/redrive`), id).toBe('404 not_found');
  });

  it('hold for the query: the scope of a list, and the cursors of each', async () => {
    const { ask } = await open();
    const list = (parameters: Record<string, string>) =>
      ask('GET', `/v1/exports?${new URLSearchParams(parameters)}`);
    for (const name of names) expect(await list({ scope_id: name }), name).toBe('200');
    for (const name of [...noNames, '']) expect(await list({ scope_id: name }), name).toBe('400 invalid_id');
    expect(await list({ all_scopes: 'true' })).toBe('200');
    for (const text of ['', 'false', 'TRUE', '1'])
      expect(await list({ all_scopes: text })).toBe('400 invalid_request /all_scopes');
    expect(await list({ cursor: 'f'.repeat(64) })).toBe('200');
    for (const cursor of ['', 'f'.repeat(65), 'g', '../'])
      expect(await list({ cursor })).toBe('400 invalid_cursor');
    for (const path of ['/v1/scopes/acme/schedules', '/v1/scopes/acme/admins']) {
      for (const cursor of ['f'.repeat(64), `${'0'.repeat(64)}.json`])
        expect(await ask('GET', `${path}?cursor=${cursor}`)).toBe('200');
      for (const cursor of ['', 'f'.repeat(63), 'f'.repeat(65), `${'0'.repeat(64)}.jsonx`])
        expect(await ask('GET', `${path}?cursor=${cursor}`)).toBe('400 invalid_cursor');
    }
    for (const cursor of [`waiting-${'0'.repeat(36)}`, `undelivered-${'f'.repeat(36)}`])
      expect(await ask('GET', `/v1/notices?cursor=${cursor}`)).toBe('200');
    for (const cursor of ['', '0'.repeat(36), `waiting-${'0'.repeat(37)}`, 'waiting-..', '~Li4'])
      expect(await ask('GET', `/v1/notices?cursor=${cursor}`)).toBe('400 invalid_cursor');
    const refused = (parameters: Record<string, string>) =>
      ask('GET', `/v1/refused?${new URLSearchParams(parameters)}`);
    expect(await refused({ sender: 's'.repeat(2048), code: 'c'.repeat(64) })).toBe('200');
    for (const sender of ['', 's'.repeat(2049)])
      expect(await refused({ sender })).toBe('400 invalid_request /sender');
    for (const code of ['', 'c'.repeat(65), 'Not-A-Code'])
      expect(await refused({ code })).toBe('400 invalid_request /code');
    const longest = `quarantine/bucket=00/${'x'.repeat(1003)}`;
    expect(encodePathId(longest)).toHaveLength(maxPathIdCharacters);
    expect(await ask('GET', `/v1/gaps?cursor=${encodePathId(longest)}`)).toBe('200');
    for (const cursor of ['', '~', encodePathId(`${longest}x`), encodePathId('a/b')])
      expect(await ask('GET', `/v1/gaps?cursor=${cursor}`)).toBe('400 invalid_cursor');
  });

  it('hold for the headers: a key of idempotency is a name or refused, a trace a name or not stamped', async () => {
    const { ask, call, exportLog } = await open();
    const sent = (text: string) => Buffer.from(text).toString('latin1');
    const question = { scope_id: 'acme' };
    for (const key of ['a', 'a'.repeat(256), sent(flamingos(256))])
      expect(await ask('POST', '/v1/exports', question, { 'idempotency-key': key })).toBe('202');
    for (const key of ['', 'a'.repeat(257), sent(flamingos(257)), '\u00e9', sent('a\u0085')])
      expect(await ask('POST', '/v1/exports', question, { 'idempotency-key': key })).toBe(
        '400 invalid_idempotency_key',
      );
    const traces = ['t', 'a'.repeat(256), flamingos(256), 'a'.repeat(257), flamingos(257), 'a\u0085', ''];
    for (const trace of [...traces.map(sent), '\u00e9\u00e8']) {
      const response = await call('emitter', '/v1/events', {
        method: 'POST',
        headers: { 'x-client-trace-id': trace, 'content-type': 'application/json' },
        body: eventText({ id: undefined, occurred_at: undefined, request: undefined }),
      });
      expect(response.status).toBe(202);
    }
    const { rows } = await exportLog();
    expect(
      rows.map(({ request }) => (JSON.parse(request) as { client_trace_id?: string }).client_trace_id),
    ).toEqual([...traces.slice(0, 3), ...Array(5).fill(undefined)]);
    const filtered = await exportLog({ filter: { client_trace_id: flamingos(256) } });
    expect(filtered.rows).toHaveLength(1);
  });

  it('hold for the bodies: names, times, reasons, filters and rhythms', async () => {
    const { ask } = await open();
    const asking = (member: string, value: unknown) =>
      ask('POST', '/v1/exports', { scope_id: 'acme', dry_run: true, [member]: value });
    const filtering = (member: string, value: unknown) => asking('filter', { [member]: value });
    const refused = (pointer: string) => `400 invalid_request ${pointer}`;
    for (const name of names) {
      expect(await asking('scope_id', name), name).toBe('200');
      for (const member of ['actor', 'target', 'request_id', 'client_trace_id'])
        expect(await filtering(member, name), name).toBe('200');
    }
    for (const name of [...noNames, '', halves, 1, null]) {
      expect(await asking('scope_id', name)).toBe(refused('/scope_id'));
      expect(await asking('requested_by', name)).toBe(refused('/requested_by'));
      for (const member of ['request_id', 'client_trace_id'])
        expect(await filtering(member, name)).toBe(refused(`/filter/${member}`));
    }
    for (const member of ['actor', 'target']) {
      for (const id of [...noNames, 'a'.repeat(4096)]) expect(await filtering(member, id), id).toBe('200');
      for (const id of ['', 'a'.repeat(4097), halves, 1, null])
        expect(await filtering(member, id)).toBe(refused(`/filter/${member}`));
    }
    for (const time of ['2026-11-23', '2026-11-23T09:00:00Z', '2026-11-23T09:00:00.123456789+01:00'])
      expect(await asking('from', time), time).toBe('200');
    for (const time of [
      '',
      '2026-11-2',
      '2026-11-23T09:00:00.1234567890+01:00',
      '2026-02-30',
      '2026-11-23T09:00Z',
    ])
      for (const member of ['from', 'to'])
        expect(await asking(member, time), time).toBe(refused(`/${member}`));
    for (const reason of ['a', 'a'.repeat(1024), flamingos(1024)])
      expect(await asking('reason', reason)).toBe('200');
    for (const reason of ['', 'a'.repeat(1025), flamingos(1025), halves])
      expect(await asking('reason', reason)).toBe(refused('/reason'));
    for (const action of ['a', 'a.*', `a.${'b'.repeat(126)}`])
      expect(await filtering('action', action)).toBe('200');
    for (const action of ['', 'A', '*', `a.${'b'.repeat(127)}`])
      expect(await filtering('action', action)).toBe(refused('/filter/action'));

    await ask('PUT', '/v1/scopes/acme/admins/u');
    const scheduling = (change: object) =>
      ask('PUT', '/v1/scopes/acme/schedules/s', {
        ...{ every: 'daily', at: '06:00', time_zone: 'UTC', requested_by: 'u', paused: true },
        ...change,
      });
    expect(await scheduling({})).toBe('201');
    for (const change of [
      { at: '00:00' },
      { at: '23:59' },
      { time_zone: 'America/Argentina/ComodRivadavia' },
      { every: 'weekly', on: 'sunday' },
      { every: 'monthly', on: 1 },
      { every: 'monthly', on: 31 },
      { reason: flamingos(1024) },
    ])
      expect(await scheduling(change), JSON.stringify(change)).toBe('200');
    for (const [change, pointer] of [
      [{ at: '24:00' }, '/at'],
      [{ at: '6:00' }, '/at'],
      [{ time_zone: '' }, '/time_zone'],
      [{ time_zone: 'x'.repeat(65) }, '/time_zone'],
      [{ every: 'weekly', on: 'someday' }, '/on'],
      [{ every: 'monthly', on: 0 }, '/on'],
      [{ every: 'monthly', on: 32 }, '/on'],
      [{ reason: flamingos(1025) }, '/reason'],
      [{ requested_by: flamingos(257) }, '/requested_by'],
    ] as const)
      expect(await scheduling(change), JSON.stringify(change)).toBe(refused(pointer));
    for (const verb of ['redrive', 'dismiss'])
      for (const reason of ['', 'a'.repeat(1025), halves])
        expect(await ask('POST', `/v1/gaps/none/${verb}`, { reason })).toBe(refused('/reason'));
    expect(await ask('POST', '/v1/gaps/none/dismiss', {})).toBe('400 reason_required /reason');
  });

  it('are in the description for every parameter, and for every text that a caller sends', () => {
    type Schema = Record<string, unknown> & { $ref?: string; properties?: Record<string, Schema> };
    type Operation = {
      operationId: string;
      parameters?: { in: string; name: string; schema: Schema }[];
      requestBody?: { content: Record<string, { schema: Schema }> };
    };
    const { paths, components } = openApiDocument() as {
      paths: Record<string, Record<string, Operation>>;
      components: { schemas: Record<string, Schema> };
    };
    const isBounded = (schema: Schema): boolean =>
      schema.type !== 'string' ||
      'enum' in schema ||
      'const' in schema ||
      'maxLength' in schema ||
      'pattern' in schema;
    // What a log is asked for may hold any characters.
    const isFreeText = (name: string, { minLength, maxLength }: Schema): boolean =>
      [...filterFields, 'q', 'reason'].includes(name) && minLength === 1 && typeof maxLength === 'number';
    const isClosed = (name: string, schema: Schema): boolean =>
      'enum' in schema ||
      'pattern' in schema ||
      ('minimum' in schema && 'maximum' in schema) ||
      isFreeText(name, schema);
    const unbounded = new Set<string>();
    const walk = (schema: Schema, at: string): void => {
      if (schema.$ref) walk(components.schemas[schema.$ref.split('/').at(-1)!]!, at);
      else if (!isBounded(schema)) unbounded.add(at);
      for (const [name, member] of Object.entries(schema.properties ?? {})) walk(member, `${at} ${name}`);
      for (const key of ['anyOf', 'oneOf', 'allOf'])
        for (const member of (schema[key] as Schema[] | undefined) ?? []) walk(member, at);
    };
    for (const operation of Object.values(paths).flatMap(Object.values) as Operation[]) {
      for (const { in: where, name, schema } of operation.parameters ?? [])
        if (!isBounded(schema) || (where !== 'header' && !isClosed(name, schema)))
          unbounded.add(`${operation.operationId} ${name}`);
      // What an event may hold is bounded by its bytes, and by the rules of docs/events.md.
      if (!['sendEvents', 'importEvents'].includes(operation.operationId))
        for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
          walk(schema, operation.operationId);
    }
    expect([...unbounded]).toEqual(['sendEvents Content-Encoding', 'sendEvents ce-id']);
    expect(components.schemas.GapDismissal).toMatchObject({ required: ['reason'] });
    expect(components.schemas.GapRedrive).not.toHaveProperty('required');
  });
});

describe('the bytes of a body, of every route that takes one', () => {
  const routes = [
    ['POST', '/v1/exports'],
    ['PUT', '/v1/scopes/acme/schedules/s'],
    ['POST', '/v1/gaps/none/redrive'],
    ['POST', '/v1/gaps/none/dismiss'],
  ] as const;

  it('are UTF-8, or refused: nothing is stored in place of what was sent', async () => {
    const { call } = await open();
    for (const [method, path] of routes) {
      for (const bytes of ['ff', 'c328', 'eda080', 'f8a1a1a1a1', 'e282']) {
        const body = Buffer.concat([
          Buffer.from('{"reason":"'),
          Buffer.from(bytes, 'hex'),
          Buffer.from('"}'),
        ]);
        const response = await call('operator', path, { method, body });
        expect([response.status, await response.json()], `${path} ${bytes}`).toMatchObject([
          400,
          { code: 'invalid_utf8' },
        ]);
      }
      const broken = await call('operator', path, { method, body: '{"reason":' });
      expect([broken.status, await broken.json()]).toMatchObject([400, { code: 'invalid_json' }]);
    }
  });

  it('are not encoded, or refused', async () => {
    const { call } = await open();
    for (const [method, path] of routes) {
      for (const encoding of ['gzip', 'br', 'identity, gzip']) {
        const response = await call('operator', path, {
          method,
          body: '{}',
          headers: { 'content-encoding': encoding },
        });
        expect([response.status, await response.json()]).toMatchObject([
          415,
          { code: 'unsupported_encoding' },
        ]);
      }
      const plain = await call('operator', path, {
        method,
        body: '{}',
        headers: { 'content-encoding': 'identity' },
      });
      expect(plain.status).not.toBe(415);
    }
  });
});
