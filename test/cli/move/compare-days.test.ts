import { describe, expect, it } from 'vitest';
import type { Objects } from '#aws/objects.ts';
import { compareDays } from '#cli/move/compare-days.ts';
import { objectKey } from '#domain/archive/layout.ts';
import { openBuckets } from '#test/support/world.ts';

const upTo = '2026-11-24T12:00:00.000000000Z';
const keyAt = (firstFiledAt: string, sequence = '1'): string =>
  objectKey({
    lane: 'ontime',
    bucket: 3,
    firstFiledAt,
    stream: 's@1',
    shard: 'shard',
    firstSequence: sequence,
    lastSequence: sequence,
    textSha256: 'a'.repeat(64),
  });
const first = keyAt('2026-11-23T12:00:00.000000000Z');
const second = keyAt('2026-11-24T12:00:00.000000000Z');
const put = (bucket: Objects, key: string, text: string) => bucket.create(key, Buffer.from(text));

const open = async () => {
  const one = await openBuckets();
  const other = await openBuckets();
  for (const { ledger } of [one, other]) {
    await put(ledger, first, 'one');
    await put(ledger, second, 'two');
  }
  return { from: one.ledger, to: other.ledger };
};
const compare = ({ from, to }: { from: Objects; to: Objects }) =>
  compareDays(from, to, upTo, () => undefined);

describe('the comparison of two ledgers', () => {
  it('counts and hashes each day', async () => {
    const { days, differing } = await compare(await open());
    expect(differing).toEqual([]);
    expect(days).toMatchObject([
      { date: '2026-11-23', objects: 1, bytes: 3, sha256_sum: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { date: '2026-11-24', objects: 1, bytes: 3 },
    ]);
    expect(days[0]!.sha256_sum).not.toBe(days[1]!.sha256_sum);
  });

  it('finds an object that is missing, one with other bytes, and one too many', async () => {
    const missing = await open();
    await put(missing.from, keyAt('2026-11-24T12:00:00.000000000Z', '2'), 'three');
    expect((await compare(missing)).differing).toEqual(['2026-11-24']);
    const other = await open();
    await other.to.delete(first);
    await put(other.to, first, 'One');
    expect((await compare(other)).differing).toEqual(['2026-11-23']);
    const more = await open();
    await put(more.to, keyAt('2026-11-20T12:00:00.000000000Z'), 'more');
    expect((await compare(more)).differing).toEqual(['2026-11-20']);
  });

  it('leaves aside what the second has filed since', async () => {
    const since = await open();
    await put(since.to, keyAt('2026-11-24T12:00:00.000000001Z', '3'), 'since');
    expect((await compare(since)).differing).toEqual([]);
  });
});
