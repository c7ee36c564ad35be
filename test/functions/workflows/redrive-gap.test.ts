import { describe, expect, it } from 'vitest';
import { bucketName } from '#domain/archive/bucket.ts';
import type { Redrive } from '#domain/archive/gap.ts';
import { advanceRedrives, type RedriveWorld } from '#functions/workflows/redrive-gap.ts';

const at = '2026-11-23T12:00:00.000000000Z';
const positions = [{ bucket: 7, stream: 's', shard: 'a', sequence: '7' }];
const record: Redrive = { at, by: 'o', reason: 'r', positions };

/** Gaps that are being redriven, what the watermarks say of their records, and what was done. */
const open = (causes: readonly string[], hasReached: boolean, filed: Record<string, string>) => {
  const done: string[] = [];
  const gaps = {
    async *redriven() {
      yield* causes;
    },
    redriveOf: async (cause: string) => {
      if (cause === 'broken') throw new Error('unreadable');
      return record;
    },
    end: async (cause: string, { how, ended_at }: { how: string; ended_at: string }) =>
      void done.push(`end ${cause} ${how} ${ended_at}`),
    finishRedrive: async (cause: string) => void done.push(`finish ${cause}`),
  };
  const watermarks = { haveReached: async () => hasReached, all: async () => [{ sequence: '9', filed }] };
  const world = { buckets: 32, gaps, watermarks, nowMs: () => 0, log: () => undefined };
  return { done, world: world as unknown as RedriveWorld };
};

describe('a redriven gap', () => {
  it('ends once its records are filed, and its redrive only after it', async () => {
    const { done, world } = open(['a'], true, { [bucketName(7)]: at });
    expect(await advanceRedrives(world)).toEqual([]);
    expect(done).toEqual([`end a redriven ${at}`, 'finish a']);
  });

  it.each([
    ['its records have not been filed', false, { [bucketName(7)]: at }],
    ['the event source has given them up once more', true, {}],
  ])('stays while %s', async (_, hasReached, filed) => {
    const { done, world } = open(['a'], hasReached, filed);
    expect(await advanceRedrives(world)).toEqual([]);
    expect(done).toEqual([]);
  });

  it('that cannot be read is reported, and stops no other', async () => {
    const { done, world } = open(['broken', 'b'], true, { [bucketName(7)]: at });
    expect((await advanceRedrives(world)).map(({ message }) => message)).toEqual(['unreadable']);
    expect(done).toEqual([`end b redriven ${at}`, 'finish b']);
  });
});
