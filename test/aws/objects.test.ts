import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Objects } from '#aws/objects.ts';
import { collect, openBuckets, quietBackoff } from '#test/support/world.ts';

const bytes = (text: string) => Buffer.from(text);
const answer = (status: number) => Object.assign(new Error('no'), { $metadata: { httpStatusCode: status } });

describe('objects', () => {
  it('creates a key once', async () => {
    const { state } = await openBuckets();
    expect(await state.create('a/b', bytes('1'))).toBe('created');
    expect(await state.create('a/b', bytes('2'))).toBe('exists');
    expect((await state.get('a/b'))?.bytes.toString()).toBe('1');
    expect(await state.get('a/c')).toBeUndefined();
    expect(await state.size('a/b')).toBe(1);
    expect(await state.size('a')).toBeUndefined();
  });

  it('replaces only the version that was read', async () => {
    const { state } = await openBuckets();
    expect(await state.replace('k', bytes('1'), undefined)).toBe(true);
    expect(await state.replace('k', bytes('2'), undefined)).toBe(false);
    const { etag } = (await state.get('k'))!;
    expect(await state.replace('k', bytes('2'), etag)).toBe(true);
    expect(await state.replace('k', bytes('3'), etag)).toBe(false);
    expect((await state.get('k'))?.bytes.toString()).toBe('2');
  });

  it('reads a range of one version, and of no other', async () => {
    const { state } = await openBuckets();
    await state.create('k', bytes('0123456789'));
    const { etag } = (await state.get('k'))!;
    expect(await state.range('k', { start: 2, end: 5, etag })).toEqual({ bytes: bytes('234'), size: 10 });
    expect(await state.range('k', { start: 8, end: 99, etag })).toEqual({ bytes: bytes('89'), size: 10 });
    expect(await state.range('k', { start: 20, end: 30, etag })).toBeUndefined();
    expect(await state.range('none', { start: 0, end: 1, etag })).toBeUndefined();
    await state.replace('k', bytes('9'), etag);
    expect(await state.range('k', { start: 0, end: 1, etag })).toBeUndefined();
  });

  it('lists every page in the order of keys', async () => {
    const { state } = await openBuckets();
    const keys = Array.from({ length: 1203 }, (_, i) => `p/${String(i).padStart(5, '0')}`);
    await Promise.all(keys.map(key => state.create(key, bytes(''))));
    expect((await collect(state.list('p/'))).map(({ key }) => key)).toEqual(keys);
    expect((await collect(state.list('p/', 'p/01200'))).map(({ key }) => key)).toEqual(keys.slice(1201));
    const [first] = await collect(state.list('p/', undefined, 1));
    expect(first).toMatchObject({ key: keys[0], etag: (await state.get(keys[0]!))!.etag });
  });

  it('creates an object from pieces, larger than one part', async () => {
    const { results } = await openBuckets();
    const piece = Buffer.alloc(3_000_000, 'x');
    const pieces = async function* () {
      for (let i = 0; i < 7; i++) yield piece;
    };
    expect(await results.createFrom('big', pieces())).toBe('created');
    expect(await results.createFrom('big', pieces())).toBe('exists');
    const read = Buffer.concat(await collect(await results.read('big')));
    expect(createHash('sha256').update(read).digest('hex')).toBe(
      createHash('sha256').update(Buffer.alloc(21_000_000, 'x')).digest('hex'),
    );
  });

  it('leaves nothing if the pieces end with an error', async () => {
    const { results } = await openBuckets();
    const pieces = async function* () {
      yield Buffer.alloc(9_000_000);
      throw new Error('cut');
    };
    await expect(results.createFrom('cut', pieces())).rejects.toThrow('cut');
    expect(await results.size('cut')).toBeUndefined();
  });

  it('creates an empty object from no pieces', async () => {
    const { results } = await openBuckets();
    expect(await results.createFrom('none', (async function* () {})())).toBe('created');
    expect(await results.size('none')).toBe(0);
  });

  it('tries again after 409, and does not take it for 412', async () => {
    let calls = 0;
    const send = async () => {
      calls += 1;
      if (calls < 3) throw answer(409);
      return {};
    };
    expect(await new Objects({ send: send as never }, 'b', quietBackoff).create('k', bytes(''))).toBe(
      'created',
    );
    expect(calls).toBe(3);
  });

  it.each([409, 403, 500])('throws unless it is a verdict: %d', async status => {
    const send = async () => {
      throw answer(status);
    };
    const objects = new Objects({ send: send as never }, 'b', quietBackoff);
    await expect(objects.create('k', bytes(''))).rejects.toThrow();
    if (status !== 409) await expect(objects.get('k')).rejects.toThrow();
  });
});
