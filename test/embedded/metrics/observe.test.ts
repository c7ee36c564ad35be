import { describe, expect, it } from 'vitest';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { Collected } from '#embedded/metrics/collected.ts';
import { observe } from '#embedded/metrics/observe.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('what a server says about itself', () => {
  it('is a problem of /healthz, and 1 in /metrics, if a stage stands still or compaction is behind', async () => {
    let now = 0;
    const collected = new Collected(() => now);
    collected.of('tick');
    collected.count({ CompactionLag: 90_000 });
    const none = { countWaiting: async () => 0 };
    const { describeWorld } = observe({
      described: { notices: none } as never,
      measured: {} as never,
      local: {
        kinesis: { failure: undefined, mend: async () => undefined } as never,
        eventSource: { isFailing: false } as never,
        keys: { problems: () => [] },
        temporary: await temporaryDirectory(),
        isLow: async () => false,
      },
      collected,
      rhythms: { tick: 60_000, compact: 900_000 },
      log: () => undefined,
    });
    now = 400_000;
    const problems: Api<'Health'>['problems'] = await describeWorld.localProblems!();
    expect(problems!.map(({ code }) => code)).toEqual(['tick_stands_still', 'compaction_behind']);
  });
});
