import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { answerGet, describeObject } from '#embedded/storage/s3-get.ts';

const open = () => {
  let closed = 0;
  const object = {
    etag: '"1"',
    bytes: 3,
    writtenAt: new Date(5),
    read: () => Readable.from(['abc']),
    close: async () => void closed++,
  };
  return { object, closed: () => closed };
};

describe('an answer with an object', () => {
  it('says what the object is, and closes it if a condition does not hold', async () => {
    const { object, closed } = open();
    expect(await answerGet(object, {}, async () => ({ ContentType: 'text/csv' }))).toMatchObject({
      ...describeObject(object),
      ContentType: 'text/csv',
    });
    expect(closed()).toBe(0);
    await expect(answerGet(object, { IfMatch: '"2"' }, async () => ({}))).rejects.toThrow('pre-conditions');
    await expect(answerGet(object, { Range: 'bytes=3-' }, async () => ({}))).rejects.toThrow('range');
    expect(closed()).toBe(2);
  });
});
