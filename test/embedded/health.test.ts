import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HealthProblem, healthProblem } from '#domain/health.ts';
import { localProblems } from '#embedded/health.ts';
import type { EventSource } from '#embedded/stream/event-source.ts';
import type { EmbeddedKinesis } from '#embedded/stream/kinesis.ts';
import { eventText } from '#test/support/builders.ts';
import { eventually } from '#test/support/eventually.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const codesOf = async (change: {
  kinesis?: Partial<EmbeddedKinesis>;
  isFailing?: boolean;
  temporary?: string;
  stages?: HealthProblem[];
  isLow?: boolean;
}) => {
  const problems = await localProblems({
    kinesis: { failure: undefined, mend: async () => undefined, ...change.kinesis } as EmbeddedKinesis,
    eventSource: { isFailing: change.isFailing ?? false } as EventSource,
    keys: { problems: () => [] },
    temporary: change.temporary ?? (await temporaryDirectory()),
    stages: () => change.stages ?? [],
    isLow: async () => change.isLow ?? false,
    log: () => undefined,
  })();
  return problems.map(({ code }) => code);
};

describe('what an installation knows of its own health', () => {
  it('is nothing wrong if its disk can be written and its shards take records', async () => {
    expect(await codesOf({})).toEqual([]);
  });

  it('is a shard that does not take records', async () => {
    const mend = () => Promise.reject(new Error('truncate failed'));
    expect(await codesOf({ kinesis: { mend } })).toEqual(['stream_broken']);
  });

  it('is a disk that cannot be written', async () => {
    expect(await codesOf({ temporary: '/proc/annals' })).toEqual(['disk_failing']);
  });

  it('is an event source that fails again and again', async () => {
    expect(await codesOf({ isFailing: true })).toEqual(['filing_fails']);
  });

  it('is a disk with little room, unless it cannot be written at all', async () => {
    expect(await codesOf({ isLow: true })).toEqual(['disk_low']);
    expect(await codesOf({ isLow: true, temporary: '/proc/annals' })).toEqual(['disk_failing']);
  });

  it('is a stage that stands still', async () => {
    expect(await codesOf({ stages: [healthProblem('tick_stands_still')] })).toEqual(['tick_stands_still']);
  });
});

describe('/healthz', () => {
  it('says that nothing can be filed, while events are taken, and is ok again once it can', async () => {
    const { data, post, call, exportLog } = await startServer();
    const health = async () => {
      const answer = await call(undefined, '/healthz');
      return [answer.status, await answer.json()] as const;
    };
    await eventually(async () => expect(await health()).toMatchObject([200, { status: 'ok' }]));
    const ledger = join(data, 'buckets', 'ledger');
    await rename(ledger, `${ledger}-away`);
    await writeFile(ledger, 'in the way');
    expect((await post(eventText())).status).toBe(202);
    await eventually(async () =>
      expect(await health()).toMatchObject([
        200,
        { status: 'degraded', problems: [{ code: 'filing_fails', message: expect.any(String) }] },
      ]),
    );
    await rm(ledger);
    await rename(`${ledger}-away`, ledger);
    await eventually(async () => expect(await health()).toMatchObject([200, { status: 'ok' }]));
    expect((await exportLog()).rows).toHaveLength(1);
  });
});
