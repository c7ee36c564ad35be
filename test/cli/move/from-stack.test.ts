import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeRecord } from '#aws/state/record.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { moveFromStack } from '#cli/move/from-stack.ts';
import { allBuckets, bucketName } from '#domain/archive/bucket.ts';
import { newInstallation } from '#domain/archive/installation.ts';
import { startInstallation } from '#embedded/installation.ts';
import { markMoved } from '#embedded/moved.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';
import { openBuckets } from '#test/support/world.ts';

const open = async (buckets = 32) => {
  const stack = await openBuckets();
  const record = newInstallation({ buckets, ledger: 'ledger' }, 'source');
  await stack.state.create('installation.json', encodeRecord(record));
  const watermarks = new Watermarks(stack.state);
  const fileUpTo = async (instant: string): Promise<void> => {
    const filed = Object.fromEntries(allBuckets(buckets).map(bucket => [bucketName(bucket), instant]));
    const before = await watermarks.get('stack@1', 'shard');
    await watermarks.put('stack@1', 'shard', { sequence: '1', filed }, before);
  };
  const options = {
    data: join(await temporaryDirectory(), 'back'),
    stack: 'Annals',
    openStack: async () => stack,
    patience: { pause: async () => undefined, attempts: 2 },
    nowInstant: () => '2026-11-26T12:00:00.000000000Z',
    say: () => undefined,
    log: () => undefined,
  };
  return { stack, fileUpTo, options };
};

describe('moving back from a stack', () => {
  it('waits until all that was acknowledged is filed', async () => {
    const { fileUpTo, options } = await open();
    await fileUpTo('2026-11-26T11:59:59.000000000Z');
    await expect(moveFromStack(options)).rejects.toThrow('and not up to 2026-11-26T12:00:00');
    const pause = () => fileUpTo('2026-11-26T12:00:01.000000000Z');
    const carried = await moveFromStack({ ...options, patience: { pause, attempts: 2 } });
    expect(carried).toEqual({ installation: 'source', days: [] });
  });

  it('finds what arrives while it copies, and the next run copies it', async () => {
    const { stack, fileUpTo, options } = await open();
    await fileUpTo('2026-11-26T12:00:01.000000000Z');
    const key =
      'events/lane=ontime/bucket=00/date=2026-11-26/' +
      `2026-11-26T120002.000000000Z-01234567-shard-1-1-${'a'.repeat(32)}.json.gz`;
    let isLate = true;
    // The copy lists the ledger first, then both are compared, and then what is new is looked for.
    let lists = 0;
    const ledger = Object.assign(Object.create(stack.ledger) as typeof stack.ledger, {
      get: (name: string) => stack.ledger.get(name),
      async *list(prefix: string) {
        if (++lists === 3 && isLate) await stack.ledger.create(key, Buffer.from('late'));
        yield* stack.ledger.list(prefix);
      },
    });
    const openStack = async () => ({ ...stack, ledger });
    await expect(moveFromStack({ ...options, openStack })).rejects.toThrow(
      'still files events, such as events/',
    );
    isLate = false;
    const { days } = await moveFromStack({ ...options, openStack });
    expect(days).toMatchObject([{ date: '2026-11-26', objects: 1 }]);
  });

  it('that was killed before its end starts no server, and finds what the stack has filed meanwhile', async () => {
    const { stack, fileUpTo, options } = await open();
    await fileUpTo('2026-11-26T12:00:01.000000000Z');
    const key =
      'events/lane=ontime/bucket=00/date=2026-11-26/' +
      `2026-11-26T120002.000000000Z-01234567-shard-1-1-${'a'.repeat(32)}.json.gz`;
    const aside = Object.assign(Object.create(stack.aside) as typeof stack.aside, {
      list: () => {
        throw new Error('killed');
      },
    });
    const openStack = async () => ({ ...stack, aside });
    await expect(moveFromStack({ ...options, openStack })).rejects.toThrow('killed');
    await expect(startInstallation({ data: options.data, port: 0, log: () => undefined })).rejects.toThrow(
      'has not ended',
    );
    await stack.ledger.create(key, Buffer.from('late'));
    const { days } = await moveFromStack(options);
    expect(days).toMatchObject([{ date: '2026-11-26', objects: 1 }]);
  });

  it('refuses a folder that has moved, and a log with other buckets', async () => {
    const { options } = await open(64);
    await expect(moveFromStack(options)).rejects.toThrow('The log has 64 buckets');
    const data = await temporaryDirectory();
    const moved = { stack: 'Annals', region: null, installation: 'i', status: 'done' as const };
    const whole = await open();
    await whole.fileUpTo('2026-11-26T12:00:01.000000000Z');
    await moveFromStack({ ...whole.options, data });
    await markMoved({ root: data, temporary: data }, moved);
    await expect(moveFromStack({ ...whole.options, data })).rejects.toThrow('name a new folder');
  });
});
