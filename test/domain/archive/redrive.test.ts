import { describe, expect, it } from 'vitest';
import { bucketOf, partitionKey, refusedPartitionKey } from '#domain/archive/bucket.ts';
import { decodePack, encodePacks } from '#domain/archive/pack.ts';
import { type Quarantined, redrivenPacks } from '#domain/archive/redrive.ts';
import { rowText } from '#test/support/builders.ts';

const acme = bucketOf('acme', 32);
const row = rowText('00000000-0000-4000-8000-000000000001', '2026-11-23T11:00:00.000000000Z', {
  scope: { id: 'acme', type: 't' },
});
const quarantined = (change: Partial<Quarantined>): string =>
  JSON.stringify({
    reason: 'x',
    shard: 's',
    sequence: '1',
    arrival: '2026-11-23T11:00:00.000000000Z',
    partition_key: partitionKey(acme),
    line: null,
    data: encodePacks([row])[0]!.data.toString('base64'),
    ...change,
  } satisfies Quarantined);
const redriven = (text: string, cause = 'quarantine/bucket=00/x') => {
  const packs = redrivenPacks(cause, text, 32);
  if ('fault' in packs) return packs;
  return packs.map(({ bucket, isRefused, data }) => {
    const read = decodePack(data);
    return {
      bucket,
      isRefused: isRefused ?? false,
      lines: 'lines' in read ? read.lines.map(String) : undefined,
    };
  });
};

describe('the records of a gap go back on the stream', () => {
  it('as the record that it was', () => {
    const pack = { bucket: acme, isRefused: false, lines: [row] };
    expect(redriven(quarantined({}))).toEqual([pack]);
    expect(redriven(quarantined({ partition_key: refusedPartitionKey(3) }))).toMatchObject([
      { bucket: 3, isRefused: true },
    ]);
    const kinesis = {
      partitionKey: partitionKey(acme),
      data: encodePacks([row])[0]!.data.toString('base64'),
    };
    const givenUp = JSON.stringify({ payload: JSON.stringify({ Records: [{ kinesis }, { kinesis }] }) });
    expect(redriven(givenUp, 'aws/lambda/x')).toEqual([pack, pack]);
  });

  it('as one line, in the bucket that its row belongs to whatever key it came under', () => {
    const data = Buffer.from(row).toString('base64');
    for (const key of [partitionKey(acme), partitionKey((acme + 1) % 32), 'other'])
      expect(redriven(quarantined({ line: 3, data, partition_key: key }))).toEqual([
        { bucket: acme, isRefused: false, lines: [row] },
      ]);
    const broken = Buffer.from('{"mended":"by hand"}').toString('base64');
    expect(redriven(quarantined({ line: 3, data: broken }))).toMatchObject([{ bucket: acme }]);
  });

  it('or says why it cannot', () => {
    const lost = JSON.stringify({
      payload: JSON.stringify({ Records: [{ kinesis: { partitionKey: partitionKey(1) } }] }),
    });
    const empty = JSON.stringify({ payload: JSON.stringify({ Records: [] }) });
    expect(redriven(quarantined({ partition_key: 'other' }))).toHaveProperty('fault');
    expect(redriven('{', 'quarantine/x')).toHaveProperty('fault');
    for (const text of [lost, empty, '{}', 'null'])
      expect(redriven(text, 'aws/lambda/x'), text).toHaveProperty('fault');
  });
});
