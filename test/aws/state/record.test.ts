import { describe, expect, it } from 'vitest';
import {
  decodeRecord,
  encodeRecord,
  type RecordKind,
  readRecord,
  UnreadableRecord,
} from '#aws/state/record.ts';
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

  it('is a line of JSON, and is read without the end of the line too, as earlier releases wrote some', () => {
    expect(encodeRecord({ name: 'a' }).toString()).toBe('{"name":"a"}\n');
    for (const text of ['{"name":"a"}\n', '{"name":"a"}'])
      expect(readRecord(stored(text), kind)).toEqual({ name: 'a' });
  });

  it.each([
    ['', 'it is empty'],
    ['{"name":"se', 'it is not JSON'],
    ['\u0000\u0001', 'it is not JSON'],
    ['null', 'members that it must have are missing or wrong'],
    ['7', 'members that it must have are missing or wrong'],
    ['{}', 'members that it must have are missing or wrong'],
    ['{"name":7}', 'members that it must have are missing or wrong'],
  ])('that is damaged is reported by its place and the fix, and never quoted: %j', (text, reason) => {
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
