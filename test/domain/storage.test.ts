import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketOf,
  explicitHashKey,
  isBucketCount,
  parsePartitionKey,
  partitionKey,
} from '#domain/archive/bucket.ts';
import { columns, exportedColumns } from '#domain/archive/columns.ts';
import { type ObjectName, objectKey, parseObjectKey, streamDigits } from '#domain/archive/layout.ts';
import { decodePack, encodePacks, heartbeat, maxInflatedBytes, maxPackBytes } from '#domain/archive/pack.ts';
import { decodeRow, encodeReceipt, encodeRow } from '#domain/archive/row.ts';
import { eventFields, isUuid } from '#domain/event/event.ts';
import { instantOf, isInstant } from '#domain/time.ts';
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

  it('has the exported columns in the order of the seed', () => {
    expect(exportedColumns.map(({ name }) => name)).toEqual(eventFields);
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
      '{"action":"context.create","actor":"{\\"id\\":\\"u-1\\",\\"type\\":\\"user\\",\\"name\\":\\"User 1\\"}","target":"{\\"id\\":\\"c-1\\",\\"type\\":\\"context\\",\\"name\\":\\"deploy\\"}","payload":"{\\"name\\":\\"deploy\\"}","occurred_at":"2026-06-23T11:00:00.000000000Z","metadata":"{}","id":"0191f3a0-6c1e-7a3b-9f00-5b0c3b1f9a77","version":1,"scope":"{\\"id\\":\\"acme\\",\\"type\\":\\"account\\",\\"name\\":\\"Acme\\"}","success":true,"request":"{\\"id\\":\\"r\\"}","scope_id":"acme","actor_id":"u-1","target_id":"c-1","request_id":"r","client_trace_id":"t","content_sha256":"edfb2f028e6b64894826b933964c31c2dc5197a1faa6b45534fc6692ad34ec08","received_at":"2026-11-23T11:00:01.000000000Z","received_from":"arn:aws:iam::1:role/x","received_request_id":"req-1","received_address":"127.0.0.1","filed_at":"2026-11-23T11:00:02.000000000Z"}\n',
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

describe('a bucket', () => {
  it('is where it always was', () => {
    expect(['acme', '', 'é🦩', 'org-1', 'org-2', 'c-1'].map(id => bucketOf(id, 32))).toEqual([
      26, 1, 23, 10, 15, 20,
    ]);
  });

  it('is one of those there are, evenly', () => {
    const counts = new Array<number>(32).fill(0);
    for (let i = 0; i < 32_000; i++) counts[bucketOf(`account-${i}`, 32)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1200);
  });

  it('is divided in two by twice as many buckets', () => {
    fc.assert(fc.property(fc.string(), id => void expect(bucketOf(id, 64) % 32).toBe(bucketOf(id, 32))));
  });

  it('is named by its partition key, and no other key names it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4095 }),
        bucket => void expect(parsePartitionKey(partitionKey(bucket), 4096)).toBe(bucket),
      ),
    );
    for (const key of ['bucket=32', 'bucket=7', 'bucket=007', 'other', ''])
      expect(parsePartitionKey(key, 32)).toBeUndefined();
  });

  it('has its place in the hash range', () => {
    expect(explicitHashKey(0, 32)).toBe('0');
    expect(explicitHashKey(16, 32)).toBe(String(2n ** 127n));
    expect([1, 2, 32, 4096].map(isBucketCount)).not.toContain(false);
    expect([0, 3, 8192, 1.5].map(isBucketCount)).not.toContain(true);
  });
});

describe('a pack', () => {
  const rowsOf = (packs: ReturnType<typeof encodePacks>) =>
    packs.flatMap(({ data, rows }) => {
      const decoded = decodePack(data);
      if ('fault' in decoded) throw new Error(decoded.fault);
      expect(decoded.lines).toHaveLength(rows);
      return decoded.lines.map(String);
    });

  it('gives its rows back', () => {
    const line = fc.string({ minLength: 1, unit: 'grapheme' }).map(text => JSON.stringify(text));
    fc.assert(fc.property(fc.array(line), rows => void expect(rowsOf(encodePacks(rows))).toEqual(rows)));
  });

  it('is at most 1 MiB with its key, however many rows there are', () => {
    const noise = (i: number) =>
      JSON.stringify(Array.from({ length: 3000 }, (_, j) => Math.sin(i * 7919 + j)));
    const rows = Array.from({ length: 60 }, (_, i) => noise(i));
    const packs = encodePacks(rows);
    expect(packs.length).toBeGreaterThan(1);
    for (const { data } of packs) expect(data.length).toBeLessThanOrEqual(maxPackBytes);
    expect(rowsOf(packs)).toEqual(rows);
  });

  it('is gzipped where that saves a whole KiB, and only there', () => {
    const isGzipped = (rows: string[]) => encodePacks(rows)[0]!.data[0] === 0x1f;
    expect(isGzipped(['x'.repeat(1000)])).toBe(false);
    expect(isGzipped(['x'.repeat(3000)])).toBe(true);
    const incompressible = gzipSync(
      JSON.stringify(Array.from({ length: 400 }, (_, i) => Math.sin(i))),
    ).toString('base64');
    expect(isGzipped([incompressible.slice(0, 1500)])).toBe(false);
  });

  it('without rows is a heartbeat', () => {
    expect(decodePack(heartbeat())).toEqual({ lines: [], bytes: 0 });
    expect(encodePacks([])).toEqual([]);
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['cut', gzipSync('{}\n').subarray(0, 12)],
    ['without a last newline', Buffer.from('{}')],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22, 0x0a])],
    ['inflating without end', gzipSync(Buffer.alloc(maxInflatedBytes + 1, 10))],
  ])('is not read %s', (_, data) => {
    expect(decodePack(data)).toHaveProperty('fault');
  });

  it('is gzip that others read', () => {
    const [pack] = encodePacks(['x'.repeat(5000)]);
    expect(gunzipSync(pack!.data).toString()).toBe(`${'x'.repeat(5000)}\n`);
  });
});

describe("an object's key", () => {
  const sequence = fc.bigInt({ min: 0n, max: 10n ** 56n }).map(String);
  const names: fc.Arbitrary<ObjectName> = fc.record({
    lane: fc.constantFrom('ontime', 'late'),
    bucket: fc.integer({ min: 0, max: 4095 }),
    firstFiledAt: fc.bigInt({ min: 0n, max: 253_402_300_799_999_999_999n }).map(instantOf),
    stream: fc.string(),
    shard: fc.integer({ min: 0, max: 10 ** 9 }).map(n => `shardId-${String(n).padStart(12, '0')}`),
    firstSequence: sequence,
    lastSequence: sequence,
    textSha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  });
  const name: ObjectName = {
    lane: 'late',
    bucket: 7,
    firstFiledAt: '2026-11-23T11:00:02.000000000Z',
    stream: 'annals@2026-01-01T00:00:00.000000000Z',
    shard: 'shardId-000000000001',
    firstSequence: '9',
    lastSequence: '10',
    textSha256: 'deadbeef0123456789abcdef01234567ffffffffffffffffffffffffffffffff',
  };
  const parts = ({ stream, textSha256, ...others }: ObjectName) => ({
    ...others,
    streamDigits: streamDigits(stream),
    textDigits: textSha256.slice(0, 32),
  });
  const folder = 'events/lane=late/bucket=07/date=2026-11-23';

  it('gives back what it was made of, and is a part of a path that Hadoop and every file system takes', () => {
    fc.assert(
      fc.property(names, each => {
        const key = objectKey(each);
        expect(parseObjectKey(key)).toEqual(parts(each));
        expect(key).toMatch(/^[A-Za-z0-9=/.-]+$/);
        expect(Math.max(...key.split('/').map(part => part.length))).toBeLessThanOrEqual(255);
      }),
    );
  });

  it('is laid out as the contract says', () => {
    expect(objectKey(name)).toBe(
      `${folder}/2026-11-23T110002.000000000Z-4c05b53f-shardId-000000000001-9-10-deadbeef0123456789abcdef01234567.json.gz`,
    );
  });

  it('is read in the form of before too, as the same instant', () => {
    const old = `${folder}/2026-11-23T11:00:02.000000000Z-shardId-000000000001-9-10-deadbeef.json.gz`;
    expect(parseObjectKey(old)).toEqual({
      ...parts(name),
      streamDigits: undefined,
      textDigits: 'deadbeef',
    });
    // The reason why instants are compared: the key of before sorts behind one of the same hour that comes later.
    expect(old > objectKey({ ...name, firstFiledAt: '2026-11-23T11:59:02.000000000Z' })).toBe(true);
  });

  it.each([
    ['of another form', `${folder}/x.json.gz`],
    ['of another day than its folder', objectKey(name).replace('/2026-11-23T', '/2026-11-24T')],
    ['of a time that is none', objectKey(name).replace('T110002', 'T116002')],
    ['of a bucket with too many digits', objectKey(name).replace('bucket=07', 'bucket=007')],
    ['with a digit of its hash too few', objectKey(name).replace('67.json', '6.json')],
    ['of mixed forms', objectKey(name).replace('T110002', 'T11:00:02')],
    ['below its folder', objectKey(name).replace('-shardId', '-x/shardId')],
  ])('is not one %s', (_, key) => {
    expect(key).not.toBe(objectKey(name));
    expect(parseObjectKey(key)).toBeUndefined();
  });
});
