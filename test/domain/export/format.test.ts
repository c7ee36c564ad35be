import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportedColumns } from '#domain/archive/columns.ts';
import { printCsvLine } from '#domain/export/csv-line.ts';
import { ExportFile, UnreadableOutput } from '#domain/export/file.ts';
import {
  type ExportFormat,
  exportFormats,
  fileKindOf,
  lineWriters,
  maxCellCharacters,
} from '#domain/export/format.ts';
import { outputHeader } from '#domain/export/statement.ts';

const names = exportedColumns.map(({ name }) => name);
type Cells = Record<string, string | null>;
const party = (change: object = {}) => JSON.stringify({ id: 'u-1', type: 'user', name: 'Ann', ...change });
const cells = (change: Cells = {}): Cells => ({
  action: 'context.create',
  actor: party(),
  target: party({ id: 'c-1', type: 'context', name: 'deploy' }),
  payload: '{}',
  occurred_at: '2026-11-23T12:00:00.000000001Z',
  metadata: '{}',
  id: '00000000-0000-4000-8000-000000000001',
  version: '1',
  scope: party({ id: 'acme', type: 'account', name: undefined }),
  success: 'true',
  request: null,
  ...change,
});
const lineOf = (change: Cells = {}): string => {
  const all = cells(change);
  return printCsvLine(names.map(name => all[name]!)).slice(0, -1);
};
/** The file that one slice with these events makes; each has a time of its own. */
const fileOf = (format: ExportFormat, changes: readonly Cells[], slices = 1) => {
  const file = new ExportFile(undefined, format);
  const header = printCsvLine(outputHeader);
  let bytes = Buffer.from(file.push(Buffer.from(header)));
  changes.forEach((change, n) => {
    if (n > 0 && n < slices) {
      file.nextOutput();
      bytes = Buffer.concat([bytes, file.push(Buffer.from(header))]);
    }
    const occurred_at = `2026-11-23T12:00:00.${String(n).padStart(9, '0')}Z`;
    const id = cells().id!;
    const copies = printCsvLine([occurred_at, id, occurred_at, 'a'.repeat(64), '1', 'acme', null]).slice(
      0,
      -1,
    );
    bytes = Buffer.concat([
      bytes,
      file.push(Buffer.from(`${copies},${lineOf({ ...change, occurred_at })}\n`)),
    ]);
  });
  return { bytes, text: bytes.toString('utf8'), summary: file.end() };
};
const flat = (change: Cells): Record<string, string> =>
  parse(fileOf('csv-excel', [change]).bytes, { columns: true, bom: true })[0] as Record<string, string>;

describe('every format', () => {
  it('counts the same, and has the hash and the size of its own bytes', () => {
    const changes = [{}, { scope: null }, { payload: '{"a":1}' }];
    const [csv, ...others] = exportFormats.map(format => fileOf(format, changes));
    for (const { summary, bytes } of others) {
      expect(summary).toMatchObject({ rows: 3, duplicates: 0, bytes: bytes.length });
      expect(summary.sha256).not.toBe(csv!.summary.sha256);
    }
  });

  it.each([
    ['csv', undefined, 'csv', 'text/csv; charset=utf-8'],
    ['csv-excel', undefined, 'csv', 'text/csv; charset=utf-8'],
    ['ndjson', undefined, 'ndjson', 'application/x-ndjson'],
    ['csv', 'gzip', 'csv.gz', 'application/gzip'],
    ['csv-excel', 'gzip', 'csv.gz', 'application/gzip'],
    ['ndjson', 'gzip', 'ndjson.gz', 'application/gzip'],
  ] as const)(
    '%s, compressed by %s, is a file of its kind',
    (format, compression, extension, contentType) => {
      expect(fileKindOf({ format, compression })).toEqual({ extension, contentType });
    },
  );
});

describe('csv-excel', () => {
  const header =
    '"action","actor","actor_id","actor_type","actor_name","target","target_id","target_type","target_name",' +
    '"payload","occurred_at","metadata","id","version","scope","scope_id","scope_type","scope_name","success",' +
    '"request","request_id","ip_address","client_trace_id"\n';

  it('begins with a byte order mark and its header, once, whatever it holds', () => {
    expect(fileOf('csv-excel', []).text).toBe(`\ufeff${header}`);
    const { text } = fileOf('csv-excel', [{}, {}, {}], 3);
    expect(text.split('\ufeff')).toHaveLength(2);
    expect(text.split(header)).toHaveLength(2);
    expect(text.endsWith('\n')).toBe(true);
  });

  it('has what people look for beside the JSON', () => {
    const request = '{"id":"r-1","ip_address":"203.0.113.9","client_trace_id":"t","more":[1]}';
    expect(flat({ request })).toEqual({
      action: 'context.create',
      actor: party(),
      actor_id: 'u-1',
      actor_type: 'user',
      actor_name: 'Ann',
      target: '{"id":"c-1","type":"context","name":"deploy"}',
      target_id: 'c-1',
      target_type: 'context',
      target_name: 'deploy',
      payload: '{}',
      occurred_at: '2026-11-23T12:00:00.000000000Z',
      metadata: '{}',
      id: '00000000-0000-4000-8000-000000000001',
      version: '1',
      scope: '{"id":"acme","type":"account"}',
      scope_id: 'acme',
      scope_type: 'account',
      scope_name: '',
      success: 'true',
      request,
      request_id: 'r-1',
      ip_address: '203.0.113.9',
      client_trace_id: 't',
    });
  });

  it.each([
    ['a plain name', '"Ann"', 'Ann'],
    ['quotes and commas', '"a \\"b\\", c"', 'a "b", c'],
    ['a number', '-1.50', "'-1.50"],
    ['an object', '{"a":[1]}', '{"a":[1]}'],
    ['null', 'null', ''],
    ['nothing', '""', ''],
    ['a tab, a line break and NUL', '"a\\tb\\r\\nc\\u0000"', 'a\\u0009b\\u000d\\u000ac\\u0000'],
    ['what breaks lines elsewhere', '"a\u0085b\u2028c\u2029"', 'a\\u0085b\\u2028c\\u2029'],
    [
      'what turns the direction of writing',
      '"\u202egpj\u202c\u2066x\u200f\u061c"',
      '\\u202egpj\\u202c\\u2066x\\u200f\\u061c',
    ],
    ['half of a pair', '"a\\ud83e"', 'a\\ud83e'],
    ['a flamingo', '"\\ud83e\\udda9"', '🦩'],
    ['a formula', '"=1+1"', "'=1+1"],
    ['a formula after spaces', '" \u00a0\u3000=1+1"', "' \u00a0\u3000=1+1"],
    ['a command', '"|cmd"', "'|cmd"],
    ['a percent sign', '"%0"', "'%0"],
    ['a full-width form', '"＝1"', "'＝1"],
    ['a small form', '"﹢1"', "'﹢1"],
    ['a tab first', '"\\t=1"', "'\\u0009=1"],
    ['a carriage return first', '"\\r=1"', "'\\u000d=1"],
    ['a minus later', '"a-b"', 'a-b'],
    ['a semicolon', '"Smith; =1+1;"', 'Smith\\u003b =1+1\\u003b'],
    ['a name that stands twice', '"a","name":"=b"', 'a, =b'],
  ])('writes %s so that it is shown as text', (_, token, expected) => {
    const actor = `{"id":"u-1","type":"user","name":${token}}`;
    expect(flat({ actor }).actor_name).toBe(expected);
    expect(JSON.parse(flat({ actor }).actor!)).toEqual(JSON.parse(actor));
  });

  it('writes semicolons in JSON as their escapes, which say the same', () => {
    const payload = '{"a;":"x;=1+1;\\\\;\\u003b","b":[";"]}';
    const row = flat({ payload });
    expect(row.payload).not.toContain(';');
    expect(JSON.parse(row.payload!)).toEqual(JSON.parse(payload));
  });

  it('has no cell that a spreadsheet runs, whatever was sent, divided at commas or at semicolons', () => {
    const unit = fc.constantFrom(
      ...'=+-@|%;,"\' \t\r\n\\{}a1=;"',
      ...'＝＋－＠｜％\u00a0\u3000\u0085\u2028\u202e\ufeff\u200b',
      '\ud800',
      '🦩',
      ';=',
      '";"=',
      '\n=',
    );
    const text = fc.string({ unit, maxLength: 12 });
    const value = fc.oneof(text, fc.dictionary(text, text), fc.integer(), fc.constant(null));
    const member = fc.record({ id: text, type: text, name: value, more: value });
    const event = fc.record({
      actor: member,
      target: member,
      scope: fc.option(member),
      payload: fc.dictionary(text, value),
      metadata: fc.dictionary(text, text),
      request: fc.option(fc.record({ id: value, ip_address: value, client_trace_id: value })),
    });
    const isDangerous = (cell: string) => /^\s*[=+\-@|%\t\r＝＋－＠｜％]/u.test(cell);
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 3 }), events => {
        const changes = events.map(change =>
          Object.fromEntries(
            Object.entries(change).map(([name, said]) => [name, said === null ? null : JSON.stringify(said)]),
          ),
        );
        const { bytes } = fileOf('csv-excel', changes);
        const rows = parse(bytes, { bom: true }) as string[][];
        expect(rows).toHaveLength(1 + events.length);
        const divided = parse(bytes, {
          bom: true,
          delimiter: ';',
          relax_quotes: true,
          relax_column_count: true,
        }) as string[][];
        expect(divided).toHaveLength(1 + events.length);
        for (const cell of [...rows, ...divided].flat()) expect(cell).not.toSatisfy(isDangerous);
      }),
      { numRuns: 400 },
    );
  });

  it('is not made of a cell that is not JSON', () => {
    expect(() => flat({ actor: '{"id":' })).toThrow(UnreadableOutput);
  });

  it('reports cells that are longer than a spreadsheet shows', () => {
    const of = (length: number) => ({ payload: `{"a":"${'x'.repeat(length - 8)}"}` });
    const { summary } = fileOf('csv-excel', [
      of(maxCellCharacters),
      of(maxCellCharacters + 1),
      {},
      of(99_999),
    ]);
    expect(summary.long_cells).toBe(2);
    expect(summary.long_events.map(({ occurred_at }) => occurred_at.slice(-3))).toEqual(['01Z', '03Z']);
    for (const format of ['csv', 'ndjson'] as const)
      expect(fileOf(format, [of(99_999)]).summary).toMatchObject({ long_cells: 0, long_events: [] });
  });
});

describe('ndjson', () => {
  const lines = (changes: readonly Cells[]) => fileOf('ndjson', changes).text.split('\n').slice(0, -1);

  it('is an event a line, its members in their order, with the tokens that were sent', () => {
    const payload =
      '{"zeta":1,"Alpha":2.50,"big":12345678901234567890123,"e":1E2,"u":"\\u00e9é\\u2028","":{}}';
    const [first, second] = lines([{ payload, request: '{"id":"r"}' }, { scope: null }]);
    expect(first).toBe(
      `{"action":"context.create","actor":${party()},"target":{"id":"c-1","type":"context","name":"deploy"},` +
        `"payload":${payload},"occurred_at":"2026-11-23T12:00:00.000000000Z","metadata":{},` +
        '"id":"00000000-0000-4000-8000-000000000001","version":1,"scope":{"id":"acme","type":"account"},' +
        '"success":true,"request":{"id":"r"}}',
    );
    expect(JSON.parse(second!)).toMatchObject({ scope: null, request: null, success: true, version: 1 });
    expect(lines([])).toEqual([]);
    expect(fileOf('ndjson', []).bytes).toHaveLength(0);
  });

  it('holds the JSON text of what is irregular, and names it', () => {
    const payload = '{"a":1,"a":2}';
    const actor = '{"id":"u-1","type":"user","name":"\\ud83e"}';
    const metadata = '{"n":"1e400"}';
    const request = '{"n":1e400}';
    const line = JSON.parse(lines([{ payload, actor, metadata, request }])[0]!) as Record<string, unknown>;
    expect(line).toMatchObject({ payload, actor, metadata: { n: '1e400' }, request });
    expect(line.irregular).toEqual(['actor', 'payload', 'request']);
    expect(JSON.parse(lines([{}])[0]!)).not.toHaveProperty('irregular');
  });

  it('has lines of I-JSON alone, whatever was sent, from which that can be had again', () => {
    const odd = fc.constantFrom(
      '"\\ud800"',
      '"\\udc00x"',
      '1e999',
      '{"a":1,"a":2}',
      '12345678901234567890',
      '-0.0',
      '"\\u0000"',
    );
    const token = fc.oneof(
      odd,
      fc.jsonValue({ maxDepth: 2 }).map(value => JSON.stringify(value)),
    );
    const key = fc.constantFrom('"a"', '"b"', '"\\u0061"', '"\\ud800"', '"🦩"');
    const object = fc
      .array(fc.tuple(key, token), { maxLength: 4 })
      .map(members => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`);
    fc.assert(
      fc.property(fc.record({ payload: object, metadata: object, request: fc.option(object) }), change => {
        const [line] = lines([change]);
        expect(line).toBe(Buffer.from(line!).toString('utf8'));
        const read = JSON.parse(line!) as Record<string, unknown>;
        expect(isIJson(line!)).toBe(true);
        for (const name of ['payload', 'metadata', 'request'] as const) {
          const said = change[name];
          if (said === null) expect(read[name]).toBeNull();
          else if ((read.irregular as string[] | undefined)?.includes(name)) expect(read[name]).toBe(said);
          else expect(line).toContain(`"${name}":${said}`);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('has no dangerous cell: every line is an object', () => {
    for (const line of lines([{ payload: '{"=1":"=1"}' }, {}])) expect(line).toMatch(/^\{.*\}$/);
  });

  /** By another reader than ours: no key twice, no half of a pair, no number that is infinite. */
  const isIJson = (text: string): boolean => {
    const seen = JSON.parse(text, (_, value: unknown) => {
      if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('infinite');
      if (typeof value === 'string' && /\p{Cs}/u.test(value)) throw new Error('half');
      if (value && typeof value === 'object' && Object.keys(value).some(key => /\p{Cs}/u.test(key)))
        throw new Error('half');
      return value;
    }) as object;
    const count = (value: unknown): number =>
      value && typeof value === 'object'
        ? Object.values(value).reduce<number>((sum, each) => sum + count(each), 0) +
          (Array.isArray(value) ? 0 : Object.keys(value).length)
        : 0;
    // As many members are written as are read.
    return text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1 === count(seen);
  };
});

it('lineWriters has csv pass its lines on as they are', () => {
  expect(lineWriters.csv).toBeUndefined();
});
