import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ObjectName, objectKey, parseObjectKey, streamDigits } from '#domain/archive/layout.ts';
import { instantOf } from '#domain/time.ts';

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
      `${folder}/2026-11-23T110002.000000000Z-4c05b53f-shardId-000000000001-9-10-deadbeef012345678` +
        '9abcdef01234567.json.gz',
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
