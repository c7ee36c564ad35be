import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BadSegment, SegmentRows } from '#aws/segment-rows.ts';
import type { SegmentFacts } from '#domain/compact/facts.ts';
import { orderOf, readFiledLine } from '#domain/compact/filed-line.ts';
import { arrange, type SegmentRow, writeSegment } from '#domain/compact/segment-file.ts';
import { uuid } from '#test/support/browse-world.ts';
import { filed, rowText } from '#test/support/builders.ts';
import { memoryBucket } from '#test/support/memory-bucket.ts';

const at = (n: number) => `2026-11-23T12:00:${String(n).padStart(2, '0')}.000000000Z`;
const rowOf = (n: number): SegmentRow => {
  const line = filed(rowText(uuid(n), at(n)), at(n)).subarray(0, -1);
  const read = readFiledLine(line);
  if ('fault' in read) throw new Error(read.fault);
  return { ...orderOf(read.cells), line };
};
const { bytes, groups } = writeSegment(arrange([1, 2, 3, 4, 5].map(rowOf)), 2);
const facts: SegmentFacts = {
  key: 'segments/x.parquet',
  bytes: bytes.length,
  etag: '"1"',
  sha256: createHash('sha256').update(bytes).digest('hex'),
  rows: 5,
  text_bytes: 1,
  first_filed_at: at(1),
  last_filed_at: at(5),
  groups,
};

const open = (
  stored: { bytes: Buffer; etag: string } | undefined = { bytes, etag: '"1"' },
  wholeUpTo = 0,
) => {
  const requests: string[] = [];
  const bucket = memoryBucket(
    'views',
    new Map(stored ? [[facts.key, { ...stored, bytes: Buffer.from(stored.bytes) }]] : []),
    when => void (when === 'before' && requests.push('get')),
  );
  const read: number[] = [];
  const rows = new SegmentRows(bucket.objects, wholeUpTo);
  const ids = async (group: number, segment = facts) =>
    (
      await rows.pick(segment, group, {
        columns: ['id', 'success'],
        onRead: n => void read.push(n),
        isWanted: () => true,
      })
    ).map(({ cells: { id } }) => id);
  return { rows, ids, read, requests, stored: bucket.stored };
};

describe('a row group of a segment', () => {
  it('is read by ranges, with the columns that are asked for, and the footer once', async () => {
    const { rows, ids, read, requests } = open();
    expect(await ids(1)).toEqual([uuid(3), uuid(4)]);
    const before = requests.length;
    expect(await ids(2)).toEqual([uuid(5)]);
    expect(requests.length - before).toBe(1);
    expect(read.every(n => n <= bytes.length)).toBe(true);
    const whole = await rows.whole(facts, 0, [0], () => undefined);
    expect(whole.get(0)).toMatchObject({ id: uuid(1), occurred_at: at(1), success: true, version: 1 });
  });

  it('gives the rows that are wanted, with their places, and whole ones in any order', async () => {
    const rows = Array.from({ length: 300 }, (_, n) => n);
    const line = (n: number): SegmentRow => {
      const text = rowText(uuid(n), at(n % 60), {
        scope: { id: `c-${Math.floor(n / 60)}`, type: 'account' },
      });
      const filedLine = filed(text, at(n % 60)).subarray(0, -1);
      const read = readFiledLine(filedLine);
      if ('fault' in read) throw new Error(read.fault);
      return { ...orderOf(read.cells), line: filedLine };
    };
    const written = writeSegment(arrange(rows.map(line)), 290);
    const its: SegmentFacts = { ...facts, ...written, bytes: written.bytes.length };
    const views = memoryBucket('views', new Map([[its.key, { bytes: written.bytes, etag: '"1"' }]]));
    const segmentRows = new SegmentRows(views.objects, 0);
    const picked = await segmentRows.pick(its, 0, {
      columns: ['id', 'scope_id'],
      onRead: () => undefined,
      isWanted: (scopeId, occurredAt) => scopeId === 'c-2' && occurredAt >= at(40) && occurredAt !== at(50),
    });
    const expected = rows.slice(160, 180).filter(n => n !== 170);
    expect(picked.map(({ row, cells }) => [row, cells.id, cells.scope_id])).toEqual(
      expected.map(n => [n, uuid(n), 'c-2']),
    );
    const none = { columns: ['id'], onRead: () => undefined, isWanted: () => false };
    expect(await segmentRows.pick(its, 0, none)).toEqual([]);
    for (const places of [rows.slice(0, 290), [77], [150, 3, 288]]) {
      const whole = await segmentRows.whole(its, 0, places, () => undefined);
      expect([...whole].map(([row, { id }]) => [row, id])).toEqual(places.map(n => [n, uuid(n)]));
    }
    const last = await segmentRows.whole(its, 1, [9], () => undefined);
    expect(last.get(9)).toMatchObject({ id: uuid(299), scope_id: 'c-4', version: 1 });
  });

  it('of a small segment is read with the whole of it, once and proven', async () => {
    const { ids, read, requests } = open(undefined, bytes.length);
    expect(await Promise.all([ids(0), ids(1)])).toEqual([
      [uuid(1), uuid(2)],
      [uuid(3), uuid(4)],
    ]);
    expect(await ids(2)).toEqual([uuid(5)]);
    expect(requests).toHaveLength(1);
    expect(read).toEqual([bytes.length]);
    // Damage that a page's own checksum would find only if that page were read.
    const changed = Buffer.from(bytes).fill(0, bytes.length - 40, bytes.length - 30);
    await expect(open({ bytes: changed, etag: '"1"' }, bytes.length).ids(0)).rejects.toThrow(BadSegment);
  });

  it('of a copied bucket is proven by its hash, once', async () => {
    const { ids, requests } = open({ bytes, etag: '"copied"' });
    expect(await ids(0)).toEqual([uuid(1), uuid(2)]);
    const before = requests.length;
    expect(await ids(1)).toEqual([uuid(3), uuid(4)]);
    expect(requests).toHaveLength(before);
  });

  it.each([
    ['missing', undefined],
    ['another', { bytes: Buffer.from(bytes).fill(1, 9, 12), etag: '"2"' }],
    ['cut', { bytes: bytes.subarray(0, -9), etag: '"1"' }],
    ['longer', { bytes: Buffer.concat([bytes, bytes]), etag: '"1"' }],
    [
      'damaged',
      {
        bytes: Buffer.from(bytes).fill(0, 30, bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8)),
        etag: '"1"',
      },
    ],
    ['not Parquet', { bytes: Buffer.alloc(bytes.length), etag: '"1"' }],
  ])('that is %s is a fault of its own, with its key', async (_, stored) => {
    const { ids } = stored === undefined ? openMissing() : open(stored);
    await expect(ids(0)).rejects.toThrow(BadSegment);
    await expect(ids(0)).rejects.toMatchObject({ key: facts.key });
  });
  const openMissing = () => {
    const opened = open();
    opened.stored.clear();
    return opened;
  };

  it('that has other rows than its facts say is not used', async () => {
    const { ids } = open();
    await expect(ids(0, { ...facts, groups: [{ ...groups[0]!, rows: 3 }] })).rejects.toThrow(BadSegment);
    await expect(ids(7)).rejects.toThrow(BadSegment);
  });

  it('says what the storage said if that does not answer: it is nothing of the segment', async () => {
    const { ids, whole } = (() => {
      const rows = new SegmentRows({
        range: () => Promise.reject(new Error('timeout')),
        get: () => Promise.reject(new Error('timeout')),
      });
      const query = { columns: ['id'], onRead: () => undefined, isWanted: () => true };
      return {
        ids: () => rows.pick(facts, 0, query),
        whole: () => rows.whole(facts, 0, [0], () => undefined),
      };
    })();
    await expect(ids()).rejects.toThrow(/^timeout$/);
    await expect(whole()).rejects.toThrow(/^timeout$/);
  });
});
