/**
 * What is on its way or at rest is of another release while one takes the place of the other: each must read
 * the other's.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodePack, encodePacks } from '#domain/archive/pack.ts';
import { decodeRow, encodeReceipt, encodeRow } from '#domain/archive/row.ts';
import { parseEvent } from '#domain/event/event.ts';
import { JsonReader } from '#domain/json/reader.ts';
import { stampEvent, stampRequest } from '#domain/receive/stamps.ts';
import { contentOf, eventText, latest } from '#test/support/builders.ts';

const vectors = join(import.meta.dirname, '..', 'vectors');
const read = (file: string): string => readFileSync(join(vectors, file), 'utf8');
const linesOf = (release: string): string[] =>
  read(`lines-of-release-${release}.ndjson`).trimEnd().split('\n');
const oldLines = linesOf('0.1');
const oldContents = JSON.parse(read('content-of-release-0.1.json')) as {
  name: string;
  event: string;
  content_sha256: string;
}[];
const golden = JSON.parse(read('lines.json')) as { name: string; event: string; line: string }[];

const lineOf = (text: string): string => {
  const event = parseEvent(new JsonReader(text).value(), latest);
  if ('code' in event) throw new Error(`Refused: ${event.code} at ${event.path}`);
  const stamped = stampRequest({ id: 'req-1', address: '192.0.2.7', traceId: 'träce' });
  const stamps = stampEvent(
    event,
    stamped,
    '2026-11-23T12:00:00.000000001Z',
    () => '0191f3a0-0000-7000-8000-000000000001',
  );
  return encodeRow(
    event,
    stamps,
    encodeReceipt('arn:aws:iam::123456789012:role/shop', 'req-1', '2001:db8::1'),
  );
};

/** The rules of release 0.1 for a line, written down as they were: columns that it did not know were not looked at. */
const isReadByRelease01 = (line: string): boolean => {
  const row = JSON.parse(line) as Record<string, unknown>;
  const texts = [
    'action',
    'actor',
    'target',
    'payload',
    'occurred_at',
    'metadata',
    'id',
    'actor_id',
    'target_id',
  ];
  const more = ['content_sha256', 'received_at', 'received_from', 'received_request_id'];
  const optional = ['scope', 'request', 'scope_id', 'request_id', 'client_trace_id', 'received_address'];
  const nested = ['actor', 'target', 'payload', 'metadata', 'scope', 'request'];
  return (
    [...texts, ...more].every(name => typeof row[name] === 'string') &&
    optional.every(name => row[name] === undefined || typeof row[name] === 'string') &&
    typeof row.version === 'number' &&
    typeof row.success === 'boolean' &&
    !('filed_at' in row) &&
    nested.every(name => row[name] === undefined || (row[name] as string).startsWith('{')) &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/.test(row.occurred_at as string) &&
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(row.id as string)
  );
};

describe('a line of release 0.1 or 0.2', () => {
  it.each([...oldLines, ...linesOf('0.2')])('is read by this one: %s', line => {
    const { occurred_at, scope_id, target_id } = JSON.parse(line) as Record<string, string>;
    expect(decodeRow(Buffer.from(line))).toEqual({
      occurredAt: occurred_at,
      bucketedBy: scope_id ?? target_id,
    });
  });

  it('comes out of a pack of this release as it went in', () => {
    for (const { data } of encodePacks(oldLines)) {
      const pack = decodePack(data);
      expect('lines' in pack && pack.lines.map(String)).toEqual(oldLines);
    }
  });

  it.each(oldContents.filter(({ name }) => name !== 'id and time stamped'))(
    'has the content_sha256 that this release has for it: $name',
    ({ event, content_sha256 }) => {
      expect(contentOf(event)).toBe(content_sha256);
    },
  );

  it('has another content_sha256 if id and time were stamped, of which it had empty places', () => {
    const { event, content_sha256 } = oldContents.find(({ name }) => name === 'id and time stamped')!;
    expect(contentOf(event)).not.toBe(content_sha256);
  });
});

describe('a line of this release', () => {
  it.each(golden)('is what it always was, and release 0.1 reads it: $name', ({ event, line }) => {
    expect(lineOf(event)).toBe(line);
    expect(decodeRow(Buffer.from(line))).not.toHaveProperty('fault');
    expect(isReadByRelease01(line)).toBe(true);
  });

  it('is read by the rules of release 0.1 as the lines of that were', () => {
    for (const line of oldLines) expect(isReadByRelease01(line)).toBe(true);
    expect(isReadByRelease01(lineOf(eventText()).replace('"payload":"{', '"payload":"['))).toBe(false);
  });
});
