import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Mapping, mappedDraft, readMapping, requireColumns } from '#cli/import/mapping.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const mapping: Mapping = {
  source: 'crm',
  values: { what: { Login: 'user.logged_in' }, ok: { Y: 'true', N: 'false' } },
  action: '{what}',
  actor: { id: '{user}', type: 'user', name: '{name}' },
  target: { id: '{user}', type: 'user' },
  scope: { id: '{account}', type: 'account' },
  occurred_at: '{when}',
  success: '{ok}',
};
const row = (change: Record<string, string> = {}): Map<string, string> =>
  new Map(
    Object.entries({
      what: 'Login',
      user: 'u-1',
      name: '',
      account: 'acme',
      when: '2020-01-31T10:00:00Z',
      ok: 'Y',
      ...change,
    }),
  );

const read = async (text: string) => {
  const path = join(await temporaryDirectory(), 'mapping.json');
  writeFileSync(path, text);
  return readMapping(path);
};

describe('a mapping', () => {
  it('fills columns in, translates values, and leaves out what is empty', () => {
    expect(mappedDraft(row(), mapping)).toMatchObject({
      action: '"user.logged_in"',
      actor: '{"id":"u-1","type":"user"}',
      scope: '{"id":"acme","type":"account"}',
      occurred_at: '"2020-01-31T10:00:00Z"',
      success: 'true',
      payload:
        '{"what":"Login","user":"u-1","name":"","account":"acme","when":"2020-01-31T10:00:00Z","ok":"Y"}',
    });
    expect(mappedDraft(row({ account: '' }), mapping).scope).toBeUndefined();
    const { payload, metadata, request, id } = mappedDraft(row(), {
      ...mapping,
      id: 'crm-{user}-{when}',
      payload: { who: '{name}' },
      metadata: { origin: 'old CRM' },
      request: { ip_address: '{name}' },
    });
    expect([payload, metadata, request, id]).toEqual([
      '{}',
      '{"origin":"old CRM"}',
      undefined,
      '"crm-u-1-2020-01-31T10:00:00Z"',
    ]);
  });

  it('has the id of the row, whatever the mapping makes of it', () => {
    const { id } = mappedDraft(row(), mapping);
    expect(mappedDraft(row(), { ...mapping, action: 'user.seen' }).id).toBe(id);
    expect(mappedDraft(row({ name: 'U' }), mapping).id).not.toBe(id);
  });

  it('reads times of every form', () => {
    const timeOf = (when: string, time: Mapping['time']) =>
      mappedDraft(row({ when }), { ...mapping, time }).occurred_at;
    expect(timeOf('2020-01-31 10:00:00.5', 'utc')).toBe('"2020-01-31T10:00:00.5Z"');
    expect(timeOf('1580464800', 'unix_seconds')).toBe('"2020-01-31T10:00:00Z"');
    expect(timeOf('1580464800.123456789', 'unix_seconds')).toBe('"2020-01-31T10:00:00.123456789Z"');
    expect(timeOf('1580464800123', 'unix_milliseconds')).toBe('"2020-01-31T10:00:00.123Z"');
    expect(timeOf('', 'unix_seconds')).toBeUndefined();
    expect(() => timeOf('yesterday', 'unix_seconds')).toThrow('"yesterday" is not a number of seconds');
    expect(() => timeOf('1580464800123.5', 'unix_milliseconds')).toThrow('is not a number of milliseconds');
  });

  it('refuses a success that is neither true nor false', () => {
    expect(() => mappedDraft(row({ ok: 'maybe' }), mapping)).toThrow('"success" is "maybe"');
    expect(mappedDraft(row(), { ...mapping, success: undefined }).success).toBe('true');
  });

  it('names a column that the file does not have, and the one that was meant', () => {
    const columns = [...row().keys()];
    expect(() => requireColumns(mapping, columns)).not.toThrow();
    expect(() => requireColumns({ ...mapping, id: '{usr}' }, columns)).toThrow(
      '"usr", which the file does not have; did you mean "user"?',
    );
    expect(() => requireColumns({ ...mapping, values: { missing: {} } }, columns)).toThrow('"missing"');
  });

  it('names what is wrong with the file of a mapping', async () => {
    expect(await read(JSON.stringify(mapping))).toEqual(mapping);
    await expect(read('{')).rejects.toThrow('is not JSON');
    await expect(read('{"source":"Crm"}')).rejects.toThrow('at "source": Expected lowercase');
    await expect(read(JSON.stringify({ ...mapping, actr: 1 }))).rejects.toThrow('actr');
    await expect(readMapping('/nowhere/at/all')).rejects.toThrow('--mapping /nowhere/at/all cannot be read');
  });
});
