import { describe, expect, it } from 'vitest';
import { foldEvents } from '#aws/state/event-log.ts';
import { Leases } from '#aws/state/leases.ts';
import { decodeRecord, type RecordKind, readRecord, UnreadableRecord } from '#aws/state/record.ts';
import { openBuckets } from '#test/support/world.ts';

const kind: RecordKind<{ name: string }> = {
  isWhole: ({ name }) => typeof name === 'string',
  cure: 'Restore it from a copy',
};
const stored = (text: string) => ({ bytes: Buffer.from(text), place: '/data/state/a.json' });

describe('a record of the state', () => {
  it('is what it holds, further members too', () => {
    expect(readRecord(stored('{"name":"a","more":1}'), kind)).toEqual({ name: 'a', more: 1 });
  });

  it.each([
    ['', 'it is empty'],
    ['{"name":"se', 'it is not JSON'],
    ['\u0000\u0001', 'it is not JSON'],
    ['null', 'members that it must have are missing or wrong'],
    ['7', 'members that it must have are missing or wrong'],
    ['{}', 'members that it must have are missing or wrong'],
    ['{"name":7}', 'members that it must have are missing or wrong'],
  ])('that is damaged is told by its place and the cure, and quotes nothing of it: %j', (text, reason) => {
    expect(decodeRecord(stored(text), kind)).toEqual(
      new UnreadableRecord('/data/state/a.json', reason, 'Restore it from a copy'),
    );
    expect(() => readRecord(stored(text), kind)).toThrow(
      `The record /data/state/a.json cannot be read: ${reason}. Restore it from a copy`,
    );
  });

  it('has the address of its object on S3 for its place, and the path of its file in a directory', async () => {
    const { root, state, client } = await openBuckets();
    await state.create('a/b.json', Buffer.from('{}'));
    expect((await state.get('a/b.json'))!.place).toBe(`${root}/buckets/state/a/b.json`);
    const { Objects } = await import('#aws/objects.ts');
    const onS3 = new Objects({ send: client.send.bind(client) } as typeof client, 'state', {
      firstMs: 0,
      maxMs: 0,
      maxAttempts: 1,
      sleep: async () => undefined,
      random: () => 0,
    });
    expect((await onS3.get('a/b.json'))!.place).toBe('s3://state/a/b.json');
  });
});

describe('the events of an aggregate', () => {
  type Added = { type: string; at: string; n: number };
  const sum = (total: number | undefined, { n }: Added): number => (total ?? 0) + n;
  const open = async () => {
    const { state, root } = await openBuckets();
    for (const n of [0, 1, 2])
      await state.create(
        `sums/a/0000000${n}.json`,
        Buffer.from(JSON.stringify({ type: 'added', at: '', n: 10 ** n })),
      );
    const fold = () => foldEvents(state, 'sums/a/', sum, 'Restore it');
    return { state, fold, path: (n: number) => `${root}/buckets/state/sums/a/0000000${n}.json` };
  };

  it('are folded in their order; what else lies beside them is not theirs', async () => {
    const { state, fold } = await open();
    await state.create('sums/a/00000000.json~', Buffer.from('an old copy'));
    expect(await fold()).toBe(111);
    expect(await foldEvents(state, 'sums/b/', sum, '')).toBeUndefined();
  });

  it.each([0, 1])('are unreadable without the one of number %d, and not another aggregate', async n => {
    const { state, fold, path } = await open();
    await state.delete(`sums/a/0000000${n}.json`);
    await expect(fold()).rejects.toThrow(
      `The record ${path(n)} cannot be read: it is missing, and a later one is there. Restore it`,
    );
  });

  it('are unreadable if they cannot follow one another', async () => {
    const { state } = await open();
    const failing = () => {
      throw new Error('In an export "failed" cannot follow "asked"');
    };
    await expect(foldEvents(state, 'sums/a/', failing, 'Restore it')).rejects.toThrow(
      /sums\/a cannot be read: In an export "failed" cannot follow "asked"\. Restore it/,
    );
  });
});

describe('a lease that is damaged', () => {
  it("is nobody's", async () => {
    const { results } = await openBuckets();
    const leases = new Leases(results, () => 1000);
    await results.create('leases/a.json', Buffer.from('{"until":9'));
    expect(await leases.take('leases/a.json', 60)).toBe(true);
    expect(await leases.take('leases/a.json', 60)).toBe(false);
  });
});
