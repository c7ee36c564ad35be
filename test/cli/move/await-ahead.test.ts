import { describe, expect, it } from 'vitest';
import { Watermarks } from '#aws/state/watermarks.ts';
import { awaitAhead } from '#cli/move/await-ahead.ts';
import { openBuckets } from '#test/support/world.ts';

const last = '2026-11-24T12:00:00.000000000Z';
const later = '2026-11-24T12:00:00.000000001Z';

const open = async () => {
  const { state } = await openBuckets();
  const watermarks = new Watermarks(state);
  const file = async (stream: string, filed: Record<string, string>) => {
    const before = await watermarks.get(stream, 'shard');
    await watermarks.put(stream, 'shard', { sequence: '1', filed }, before);
  };
  let pauses = 0;
  const wait = (work: () => Promise<void> = async () => undefined) =>
    awaitAhead(
      state,
      { buckets: 2, last, streams: new Set(['old@1']) },
      {
        attempts: 3,
        pause: async () => {
          pauses++;
          await work();
        },
      },
    );
  return { file, wait, pauses: () => pauses };
};

describe('waiting for the stack', () => {
  it('ends once every bucket is filed beyond the old installation, by a stream of its own', async () => {
    const { file, wait, pauses } = await open();
    await file('old@1', { '00': later, '01': later });
    await file('new@1', { '00': later, '01': last });
    await wait(() => file('new@1', { '00': later, '01': later }));
    expect(pauses()).toBe(1);
  });

  it('gives up and says why', async () => {
    const nothing = await open();
    await expect(nothing.wait()).rejects.toThrow('has filed nothing yet');
    const behind = await open();
    await behind.file('new@1', { '00': last, '01': last });
    await expect(behind.wait()).rejects.toThrow(`has filed up to ${last}, and the log to move up to ${last}`);
  });
});
