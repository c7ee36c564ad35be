import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOneOf, principalOfArn } from '#domain/access/principal.ts';
import { gapOfQuarantineKey, gapPrefixes, gapsOfOnFailure, isReported } from '#domain/archive/gap.ts';
import { quarantineKey } from '#domain/archive/layout.ts';
import {
  completeTo,
  filingClock,
  hasReached,
  isWatermark,
  noWatermark,
  type Watermark,
} from '#domain/archive/watermark.ts';
import { isIpAddress, printIpAddress } from '#domain/event/ip-address.ts';
import { instantOf, nanosecondsOf } from '#domain/time.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const ns = nanosecondsOf(at);

describe('the filing clock', () => {
  it('strictly increases within a bucket, whatever the arrival times', () => {
    const records = fc.array(
      fc.record({
        bucket: fc.integer({ min: 0, max: 2 }),
        arrival: fc.bigInt({ min: 0n, max: 50n }),
        rows: fc.integer({ min: 0, max: 5 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(records), batches => {
        let watermark: Watermark = noWatermark;
        const last = new Map<number, bigint>();
        for (const batch of batches) {
          const clock = filingClock([watermark]);
          for (const { bucket, arrival, rows } of batch) {
            const base = clock.take(bucket, ns + arrival, rows);
            expect(base).toBeGreaterThanOrEqual(ns + arrival);
            expect(base).toBeGreaterThan(last.get(bucket) ?? -1n);
            last.set(bucket, base + BigInt(Math.max(rows, 1)) - 1n);
          }
          watermark = clock.watermark(watermark, '1', new Map());
        }
        for (const [bucket, end] of last) expect(watermark.filed[`0${bucket}`]).toBe(instantOf(end));
      }),
    );
  });

  it('starts after the greatest watermark over all shards, as a child does after its parent', () => {
    const parent: Watermark = { sequence: '9', filed: { '07': instantOf(ns + 5n) } };
    expect(filingClock([noWatermark, parent]).take(7, ns, 1)).toBe(ns + 6n);
  });
});

describe('a watermark', () => {
  it('compares sequence numbers as integers', () => {
    expect(hasReached({ sequence: '10', filed: {} }, '9')).toBe(true);
    expect(hasReached({ sequence: '9', filed: {} }, '10')).toBe(false);
  });

  it('is complete to the least of the buckets asked, and to nowhere while one has none', () => {
    const marks: Watermark[] = [
      { sequence: '1', filed: { '00': instantOf(ns), '01': instantOf(ns + 9n) } },
      { sequence: '1', filed: { '00': instantOf(ns + 3n) } },
    ];
    expect(completeTo(marks, [0, 1])).toBe(instantOf(ns + 3n));
    expect(completeTo(marks, [0, 2])).toBeUndefined();
  });

  it('counts rows from where it first does, and drops a count that cannot be read', () => {
    const count = (own: Watermark, sequence: string, ...rows: [number, number][]) =>
      filingClock([own]).watermark(own, sequence, new Map(rows));
    const old: Watermark = { sequence: '7', filed: { '00': at } };
    const first = count(old, '9', [0, 2], [31, 1]);
    expect(JSON.stringify(first)).toBe(
      `{"sequence":"9","filed":{"00":"${at}"},"counted":{"after":"7","rows":{"31":1,"00":2}}}`,
    );
    expect(count(first, '12', [31, 4]).counted).toEqual({ after: '7', rows: { '00': 2, '31': 5 } });
    for (const counted of [{}, null, { after: 'x', rows: {} }, { after: '1', rows: { '00': 'many' } }])
      expect(count({ ...old, counted } as Watermark, '9', [0, 2]).counted).toEqual({
        after: '7',
        rows: { '00': 2 },
      });
  });

  it('is read back, and nothing else is', () => {
    expect(isWatermark({ sequence: '7', filed: { '03': '2026-11-23T12:00:00.000000000Z' } })).toBe(true);
    for (const wrong of [
      {},
      { sequence: 7 },
      { sequence: '7' },
      { sequence: '7', filed: null },
      { sequence: '', filed: {} },
      { sequence: '7', filed: { '03': 'noon' } },
    ])
      expect(isWatermark(wrong as object), JSON.stringify(wrong)).toBe(false);
  });
});

describe('a gap', () => {
  it('is there by the key of what was quarantined', () => {
    const key = quarantineKey(7, at, 'annals@x', 'shardId-1', '9', 3);
    expect(gapOfQuarantineKey(key)).toEqual({ cause: key, bucket: 7, filedAt: at });
    const any = quarantineKey(undefined, at, 'annals@x', 'shardId-1', '9', undefined);
    expect(gapOfQuarantineKey(any)).toMatchObject({ bucket: undefined });
    expect(gapPrefixes([7]).some(prefix => key.startsWith(prefix))).toBe(true);
    expect(gapPrefixes([7]).some(prefix => any.startsWith(prefix))).toBe(true);
    expect(gapPrefixes([8]).some(prefix => key.startsWith(prefix))).toBe(false);
  });

  it('is reported by every answer over its bucket that begins before a day after it', () => {
    const gap = { cause: 'k', bucket: 7, filedAt: at };
    const complete = '2026-12-01T00:00:00.000000000Z';
    expect(isReported(gap, [7], undefined, complete)).toBe(true);
    expect(isReported(gap, [7], '2026-11-24T11:59:59.999999999Z', complete)).toBe(true);
    expect(isReported(gap, [7], '2026-11-24T12:00:00.000000000Z', complete)).toBe(false);
    expect(isReported(gap, [6], undefined, complete)).toBe(false);
    expect(isReported({ ...gap, bucket: undefined }, [6], undefined, complete)).toBe(true);
  });

  it('that has ended is reported by answers that are not complete past its end', () => {
    const gap = { cause: 'k', bucket: 7, filedAt: at, endedAt: '2026-11-25T00:00:00.000000000Z' };
    expect(isReported(gap, [7], undefined, gap.endedAt)).toBe(true);
    expect(isReported(gap, [7], undefined, '2026-11-25T00:00:00.000000001Z')).toBe(false);
  });

  it('is each record that the event source gave up on, and counts for every bucket while it cannot be read', () => {
    const payload = JSON.stringify({
      Records: [
        { kinesis: { partitionKey: 'bucket=07', approximateArrivalTimestamp: Date.parse(at) / 1000 } },
        { kinesis: { partitionKey: 'x' } },
      ],
    });
    const later = '2026-11-24T00:00:00.000000000Z';
    expect(gapsOfOnFailure('k', JSON.stringify({ payload }), later, 32)).toEqual([
      { cause: 'k', bucket: 7, filedAt: at },
      { cause: 'k', bucket: undefined, filedAt: later },
    ]);
    for (const text of ['', '{}', '{"payload":"{"}', 'null'])
      expect(gapsOfOnFailure('k', text, later, 32)).toEqual([
        { cause: 'k', bucket: undefined, filedAt: later },
      ]);
  });
});

describe('an address', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:0a01:0203', '10.1.2.3'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::1', '::1'],
  ])('%s is written %s', (text, written) => {
    expect(printIpAddress(text)).toBe(written);
  });
  it.each(['', '1.2.3', '256.1.1.1', '0x7f.1', 'localhost', '1.2.3.4:80'])('%j is none', text => {
    expect(isIpAddress(text)).toBe(false);
    expect(printIpAddress(text)).toBeUndefined();
  });
});

describe('a principal', () => {
  it('is the role, without the name that its session chose', () => {
    expect(principalOfArn('arn:aws:sts::123456789012:assumed-role/support/chosen')).toBe(
      'arn:aws:iam::123456789012:role/support',
    );
    expect(principalOfArn('arn:aws:iam::123456789012:user/chosen')).toBe(
      'arn:aws:iam::123456789012:user/chosen',
    );
  });
  it('is compared with a role whatever its path', () => {
    expect(isOneOf('arn:aws:iam::1:role/support', ['arn:aws:iam::1:role/teams/eu/support'])).toBe(true);
    expect(
      isOneOf('arn:aws:iam::1:role/support', [
        'arn:aws:iam::2:role/support',
        'arn:aws:iam::1:role/not-support',
      ]),
    ).toBe(false);
  });
});
