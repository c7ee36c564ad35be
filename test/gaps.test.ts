import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { describe, expect, it, vi } from 'vitest';
import { bucketOf, partitionKey } from '#domain/archive/bucket.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { EmbeddedKinesis } from '#embedded/stream/kinesis.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

type Gap = Api<'Gaps'>['gaps'][number];
const acme = bucketOf('acme', 32);

/** An installation in whose stream lie packs that nobody can read. */
const startWithUnreadablePacks = async (packs: readonly string[]) => {
  const data = await temporaryDirectory();
  await (await startServer({ data })).stop();
  const kinesis = await EmbeddedKinesis.open(join(data, 'stream'), join(data, 'tmp'), {
    streamName: 'annals',
    shards: 2,
  });
  const entry = (text: string) => ({ Data: Buffer.from(text, 'hex'), PartitionKey: partitionKey(acme) });
  await kinesis.send(new PutRecordsCommand({ StreamName: 'annals', Records: packs.map(entry) }));
  await kinesis.close();
  return startServer({ data, tickMs: 200 });
};

const weekMs = 7 * 24 * 3_600_000;

/**
 * An installation that can no longer write its ledger. Until it is mended, each record is older to the event
 * source than it keeps any, and is given up.
 */
const startWithBrokenLedger = async () => {
  let aheadMs = 0;
  const server = await startServer({ eventSource: { nowMs: () => Date.now() + aheadMs } });
  // With its first row everything that the start has sent is filed.
  await server.post(eventText({ payload: { n: 0 } }));
  await server.exportLog();
  const events = join(server.data, 'buckets', 'ledger', 'events');
  const aside = `${events}-aside`;
  renameSync(events, aside);
  writeFileSync(events, '');
  aheadMs = weekMs;
  const mend = () => {
    rmSync(events);
    renameSync(aside, events);
    aheadMs = 0;
  };
  return { ...server, mend };
};

type Call = Awaited<ReturnType<typeof startServer>>['call'];

const gapsWhere = (call: Call, isAsExpected: (gaps: Gap[]) => boolean): Promise<Gap[]> =>
  vi.waitFor(
    async () => {
      const { gaps } = (await (await call('operator', '/v1/gaps')).json()) as { gaps: Gap[] };
      expect(isAsExpected(gaps), `${gaps.length} gaps`).toBe(true);
      return gaps;
    },
    { timeout: 60_000, interval: 50 },
  );
const openGaps = (call: Call, count: number) => gapsWhere(call, gaps => gaps.length === count);

describe('a gap that the pipeline has made', () => {
  it('of packs that cannot be read, is redriven and dismissed by the id that the list gives', async () => {
    const { call, data, exportLog } = await startWithUnreadablePacks(['ff', '1f8b00', 'c328']);
    const [first, second, third] = (await openGaps(call, 3)) as [Gap, Gap, Gap];
    expect(first.id.length, 'far beyond what a plain id is').toBeGreaterThan(150);
    expect([first.kind, first.id]).toEqual(['quarantined', encodePathId(first.cause)]);
    const post = (id: string, verb: string, body: object) =>
      call('operator', `/v1/gaps/${id}/${verb}`, { method: 'POST', body: JSON.stringify(body) });
    expect((await post(first.id, 'dismiss', {})).status).toBe(400);
    const dismissed = await post(first.id, 'dismiss', { reason: 'a test' });
    expect([dismissed.status, await dismissed.json()]).toMatchObject([
      200,
      { id: first.id, how: 'dismissed' },
    ]);
    expect((await post(first.id, 'dismiss', { reason: 'a test' })).status).toBe(409);
    expect((await exportLog()).job.gaps).toBe(2);

    // What nobody can read is put aside anew, and the gap that it was before has ended.
    const redriven = await post(second.id, 'redrive', {});
    expect([redriven.status, await redriven.json()]).toMatchObject([202, { id: second.id, records: 1 }]);
    const again = await vi.waitFor(async () => {
      const gaps = await openGaps(call, 2);
      expect(gaps.map(({ id }) => id)).not.toContain(second.id);
      return gaps;
    });
    expect(again.map(({ id }) => id)).toContain(third.id);

    const run = (...args: string[]) => annals(['gaps', ...args, '--data', data]);
    // It has no room in 100 columns; what is shown of it names it all the same.
    const shown = [...(await run()).out.matchAll(/^gap +(\S+)…(\S+)$/gm)].find(
      ([, start, end]) => third.cause.startsWith(start!) && third.cause.endsWith(end!),
    );
    expect(await run('redrive', `${shown?.[1]}…${shown?.[2]}`)).toMatchObject({ code: 0 });
    for (const { id } of await openGaps(call, 2))
      expect(await run('dismiss', id, '--reason', 'a test')).toMatchObject({ code: 0 });
    await openGaps(call, 0);
    expect((await exportLog()).job.gaps).toBe(0);
  });

  it('of records that were given up is redriven by HTTP and the command line; nothing is missing then', async () => {
    const { call, data, post, mend, exportLog } = await startWithBrokenLedger();
    const event = (n: number) => eventText({ id: undefined, occurred_at: undefined, payload: { n } });
    expect((await post(event(1))).status).toBe(202);
    const before = await gapsWhere(call, gaps => gaps.length > 0);
    expect((await post(event(2))).status).toBe(202);
    const [byHttp] = await gapsWhere(call, gaps => gaps.length > before.length);
    expect([byHttp!.kind, byHttp!.id]).toEqual(['given_up', encodePathId(byHttp!.cause)]);
    mend();
    // SingleFlight this is filed, nothing more is being given up.
    expect((await exportLog()).job.gaps).toBeGreaterThan(1);
    const redriven = await call('operator', `/v1/gaps/${byHttp!.id}/redrive`, { method: 'POST' });
    expect([redriven.status, await redriven.json()]).toMatchObject([202, { id: byHttp!.id }]);
    for (const { cause } of await gapsWhere(call, gaps => gaps.every(({ id }) => id !== byHttp!.id)))
      expect(await annals(['gaps', 'redrive', cause, '--data', data])).toMatchObject({ code: 0 });
    await openGaps(call, 0);
    const { rows, job } = await exportLog();
    expect([rows.map(({ payload }) => payload), job.gaps]).toEqual([['{"n":0}', '{"n":1}', '{"n":2}'], 0]);
  });
});
