import { describe, expect, it } from 'vitest';
import { measureLog } from '#functions/workflows/measure-log.ts';

async function* listed<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

const world = (filed: string | undefined) => ({
  watermarks: { all: async () => (filed ? [{ sequence: '1', filed: { '00': filed, '01': filed } }] : []) },
  gaps: { open: () => listed('a', 'b') },
  jobs: { active: () => listed({ id: 'x', since: new Date(4000) }, { id: 'y', since: new Date(9000) }) },
  state: { list: () => listed('one') },
  buckets: 2,
  nowMs: () => 10_000,
});

describe('measuring the log', () => {
  it('counts what is open, and how long the oldest has been', async () => {
    expect(await measureLog(world('1970-01-01T00:00:07.000000000Z') as never)).toEqual({
      FilingLag: 3,
      OpenGaps: 2,
      OpenExports: 2,
      OldestOpenExport: 6,
      UndeliveredNotices: 1,
    });
  });

  it('has no lag before every bucket was filed', async () => {
    expect(await measureLog(world(undefined) as never)).not.toHaveProperty('FilingLag');
  });
});
