import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bucketName, bucketOf, partitionKey } from '#domain/archive/bucket.ts';
import { annals } from '#test/support/annals.ts';
import { startServer } from '#test/support/server.ts';

const acme = bucketOf('acme', 32);

describe('annals gaps', () => {
  it('lists records that could not be filed, puts them back, and dismisses them', async () => {
    const { data, exportLog } = await startServer({ tickMs: 200 });
    const state = join(data, 'buckets', 'state');
    const putAside = (name: string, content: object) => {
      const path = join(state, 'quarantine', `bucket=${bucketName(acme)}`);
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, name), JSON.stringify(content));
      return `quarantine/bucket=${bucketName(acme)}/${name}`;
    };
    const at = '2026-11-23T12:00:00.000000000Z';
    const record = { reason: 'The pack is not UTF-8', shard: 's', sequence: '1', arrival: at, line: null };
    const heartbeat = { ...record, partition_key: partitionKey(acme), data: 'Cg==' };
    const mended = putAside(`${at}-s@x-1-1.json`, heartbeat);
    const foreign = putAside(`${at}-s@x-1-2.json`, { ...record, partition_key: 'x', data: 'eA==' });
    expect((await exportLog()).job.gaps).toBe(2);

    const listed = await annals(['gaps', '--data', data]);
    expect(listed.code).toBe(0);
    expect(listed.out).toContain(mended);
    expect(listed.out).toContain('The pack is not UTF-8');
    expect(await annals(['gaps', '--data', data, 'redrive', mended])).toMatchObject({
      code: 0,
      out: 'Filed 1 record; the gap is closed\n',
    });
    const refused = await annals(['gaps', 'redrive', foreign, '--data', data]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('dismiss it with a reason');
    expect(await annals(['gaps', 'dismiss', foreign, '--data', data])).toMatchObject({ code: 2 });
    const dismissed = await annals([
      'gaps',
      'dismiss',
      foreign,
      '--reason',
      'not ours',
      '--data',
      data,
      '--json',
    ]);
    expect(JSON.parse(dismissed.out)).toMatchObject({
      how: 'dismissed',
      reason: 'not ours',
      by: expect.stringContaining('operator'),
    });
    expect(await annals(['gaps', '--data', data])).toMatchObject({
      code: 0,
      out: 'No gaps\n',
    });
    expect((await exportLog()).job.gaps).toBe(0);
  });
});
