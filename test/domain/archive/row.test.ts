import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columns, exportedColumns } from '#domain/archive/columns.ts';
import { decodeRow, encodeReceipt, encodeRow } from '#domain/archive/row.ts';
import { isUuid } from '#domain/event/uuid.ts';
import { isInstant } from '#domain/time.ts';
import { accepted, anId, eventText, filed } from '#test/support/builders.ts';

const stamps = {
  id: anId,
  occurredAt: '2026-06-23T11:00:00.000000000Z',
  request: '{"id":"r"}',
  requestId: 'r',
  clientTraceId: 't',
  receivedAt: '2026-11-23T11:00:01.000000000Z',
};
const receipt = encodeReceipt('arn:aws:iam::1:role/x', 'req-1', '127.0.0.1');
const row = (change: Record<string, unknown> = {}) => encodeRow(accepted(eventText(change)), stamps, receipt);

describe('a row', () => {
  it('has the columns as its keys, in their order', () => {
    const whole = row({ id: 'x', metadata: { a: 1 } });
    const line = filed(whole, '2026-11-23T11:00:02.000000000Z').toString();
    expect(Object.keys(JSON.parse(line))).toEqual(columns.map(({ name }) => name));
  });

  it('holds scalars only, and the nested fields as their JSON text', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), payload => {
        const stored = JSON.parse(row({ payload })) as Record<string, unknown>;
        expect(stored.payload).toBe(JSON.stringify(payload));
        for (const value of Object.values(stored))
          expect(['string', 'number', 'boolean']).toContain(typeof value);
        expect(row({ payload })).not.toContain('\n');
      }),
    );
  });

  it('gives no cell that a spreadsheet would run as a formula, whatever the event', () => {
    const hostile = fc.oneof(fc.string(), fc.constantFrom('=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'));
    const name = hostile.filter(text => text !== '' && !/[\u0000-\u001f\u007f-\u009f]/.test(text));
    const party = fc.record({ id: name, type: name, name }, { requiredKeys: ['id', 'type'] });
    const event = fc.record(
      {
        actor: party,
        target: party,
        payload: fc.dictionary(hostile, fc.oneof(hostile, fc.jsonValue())),
        metadata: fc.dictionary(hostile, hostile),
        scope: party,
        request: fc.record({ id: name, ip_address: fc.ipV4(), client_trace_id: name }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(event, change => {
        const stored = JSON.parse(row(change)) as Record<string, unknown>;
        for (const { name: column } of exportedColumns)
          expect(String(stored[column] ?? '')).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
  });

  it('leaves out what the event does not have', () => {
    const text = encodeRow(
      accepted(eventText({ scope: undefined })),
      { ...stamps, request: undefined, requestId: undefined, clientTraceId: undefined },
      encodeReceipt('x', 'y', undefined),
    );
    for (const { name, isRequired } of columns)
      if (!isRequired) expect(JSON.parse(text)).not.toHaveProperty(name);
    expect(decodeRow(Buffer.from(text))).toEqual({ occurredAt: stamps.occurredAt, bucketedBy: 'c-1' });
  });

  it('is read back', () => {
    expect(decodeRow(Buffer.from(row()))).toEqual({ occurredAt: stamps.occurredAt, bucketedBy: 'acme' });
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['null', 'null'],
    ['a missing column', row().replace('"action"', '"deed"')],
    ['a column of another type', row().replace('"version":1', '"version":"1"')],
    ['a nested value', row().replace(/"payload":"[^,]*"/, '"payload":{}')],
    ['a nested field that is no object', row().replace(/"payload":"(?:[^"\\]|\\.)*"/, '"payload":"=1+1"')],
    ['a time that is none', row().replace(stamps.occurredAt, '2026-11-23T11:00:00Z')],
    ['an id that is none', row().replace(anId, 'x')],
    ['an id in capitals', row().replace(anId, anId.toUpperCase())],
    ['a member that is no column', row().replace('"content_sha256"', '"more":"x","content_sha256"')],
    ['a member after the last', row().replace(/\}$/, ',"more":"x"}')],
    [
      'columns in another order',
      row().replace(/("actor":"(?:[^"\\]|\\.)*"),("target":"(?:[^"\\]|\\.)*")/, '$2,$1'),
    ],
    ['a column twice', row().replace('"success":true', '"success":true,"success":true')],
    ['a column that is null', row().replace('"scope_id":"acme"', '"scope_id":null')],
    ['a space between its tokens', row().replace('"version":1', '"version": 1')],
    ['a space after it', `${row()} `],
    ['a carriage return after it', `${row()}\r`],
    ['another form of a number', row().replace('"version":1', '"version":1.0')],
    ['a number of more than 32 bits', row().replace('"version":1', '"version":2147483648')],
    ['a number with a zero in front', row().replace('"version":1', '"version":01')],
    ['an escape that is not needed', row().replace('"req-1"', '"req\\u002d1"')],
    ['an escape in capitals', row({ scope: { id: 'a', type: 't' } }).replace('"req-1"', '"req\\u001F"')],
    ['an escape that has a shorter form', row().replace('"req-1"', '"req\\u000a"')],
    ['a solidus that is escaped', row().replace('"req-1"', '"req\\/1"')],
    ['half of a surrogate pair in a column', row().replace('"target_id":"c-1"', '"target_id":"\\ud83e"')],
    ['a control character', row().replace('"req-1"', '"req\t1"')],
    ['a string without an end', row().replace('"req-1"', '"req-1')],
    ['a filed_at of its own', filed(row(), stamps.occurredAt).toString().trimEnd()],
  ])('is not read from a line with %s, and the fault does not repeat it', (_, line) => {
    const read = decodeRow(Buffer.from(line));
    expect(read).toHaveProperty('fault');
    expect(JSON.stringify(read)).not.toContain('u-1');
  });

  it('is read back if it is what its own cells encode, and not otherwise', () => {
    const line = row({ id: '17', metadata: { a: 1 }, payload: { '\u0000"\\': ['é🦩\u2028\u007f', 1.5] } });
    const edit = fc.record({
      at: fc.nat(line.length - 1),
      removed: fc.nat(3),
      added: fc.constantFrom(
        '',
        '"',
        '\\',
        '\\n',
        '\\u0000',
        '\\u000A',
        ',',
        '{',
        '}',
        '0',
        'e',
        ' ',
        'é',
        '\u0001',
      ),
    });
    let whole = 0;
    fc.assert(
      fc.property(edit, ({ at, removed, added }) => {
        const edited = (line.slice(0, at) + added + line.slice(at + removed)).toWellFormed();
        const isRead = !('fault' in decodeRow(Buffer.from(edited)));
        if (isRead) whole++;
        expect(isRead).toBe(isCanonical(edited));
      }),
      { numRuns: 5000 },
    );
    expect(whole).toBeGreaterThan(200);
  });

  it('is not made of a column that holds half of a surrogate pair', () => {
    const event = accepted(eventText());
    for (const column of ['scopeId', 'actorId', 'targetId', 'sentId', 'payload'] as const)
      expect(() => encodeRow({ ...event, [column]: 'a\ud83e' }, stamps, receipt)).toThrow(
        'half of a surrogate pair',
      );
    expect(() => encodeRow(event, { ...stamps, clientTraceId: '\udda9' }, receipt)).toThrow(RangeError);
    expect(() => encodeReceipt('\ud83e', 'y', undefined)).toThrow(RangeError);
  });

  it('is on disk as it always was', () => {
    expect(filed(row(), '2026-11-23T11:00:02.000000000Z').toString()).toBe(
      '{"action":"context.create","actor":"{\\"id\\":\\"u-1\\",\\"type\\":\\"user\\",' +
        '\\"name\\":\\"User 1\\"}","target":"{\\"id\\":\\"c-1\\",\\"type\\":\\"context\\",' +
        '\\"name\\":\\"deploy\\"}","payload":"{\\"name\\":\\"deploy\\"}",' +
        '"occurred_at":"2026-06-23T11:00:00.000000000Z","metadata":"{}",' +
        '"id":"0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77","version":1,"scope":"{\\"id\\":\\"acme\\",' +
        '\\"type\\":\\"account\\",\\"name\\":\\"Acme\\"}","success":true,' +
        '"request":"{\\"id\\":\\"r\\"}","scope_id":"acme","actor_id":"u-1","target_id":"c-1",' +
        '"request_id":"r","client_trace_id":"t",' +
        '"content_sha256":"edfb2f028e6b64894826b933964c31c2dc5197a1faa6b45534fc6692ad34ec08",' +
        '"received_at":"2026-11-23T11:00:01.000000000Z","received_from":"arn:aws:iam::1:role/x",' +
        '"received_request_id":"req-1","received_address":"127.0.0.1",' +
        '"filed_at":"2026-11-23T11:00:02.000000000Z"}\n',
    );
  });
});

/** Whether a line is what its cells encode, by another way than reading it: by writing it again. */
const isCanonical = (line: string): boolean => {
  let cells: Record<string, unknown>;
  try {
    cells = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return false;
  }
  const types = { varchar: 'string', integer: 'number', boolean: 'boolean' };
  const rowColumns = columns.filter(({ name }) => name !== 'filed_at');
  const isTyped = rowColumns.every(({ name, type, isRequired }) =>
    cells[name] === undefined ? !isRequired : typeof cells[name] === types[type],
  );
  const ordered = Object.fromEntries(
    rowColumns.flatMap(({ name }) => (cells[name] === undefined ? [] : [[name, cells[name]]])),
  );
  const isNested = ['actor', 'target', 'payload', 'metadata', 'scope', 'request'].every(name =>
    String(cells[name] ?? '{').startsWith('{'),
  );
  return (
    isTyped &&
    isNested &&
    isInstant(cells.occurred_at as string) &&
    isUuid(cells.id as string) &&
    Number.isInteger(cells.version) &&
    (cells.version as number) > 0 &&
    (cells.version as number) < 2 ** 31 &&
    JSON.stringify(ordered) === line
  );
};
