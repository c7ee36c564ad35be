import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { LedgerRows, type RowQuery } from '#aws/ledger-rows.ts';
import { UnreadableRecord } from '#aws/state/record.ts';
import { uuid } from '#test/support/browse-world.ts';
import { filed, rowText } from '#test/support/builders.ts';

const at = (second: number) => `2026-11-23T12:00:0${second}.000000000Z`;
const object = gzipSync(
  Buffer.concat(
    [1, 2, 3].map(n =>
      filed(rowText(uuid(n), at(n), { scope: { id: n === 2 ? 'b' : 'a', type: 't' } }), at(n)),
    ),
  ),
);

const open = (bytes: Buffer | undefined) => {
  const got: string[] = [];
  const rows = new LedgerRows({
    get: async key => {
      got.push(key);
      return bytes && { bytes, etag: '', place: `s3://ledger/${key}`, writtenAt: new Date(0) };
    },
    placeOf: key => `s3://ledger/${key}`,
  });
  const read: number[] = [];
  const ids = async (scopeId: string | undefined, change: Partial<RowQuery> = {}) =>
    (
      await rows.rows(
        { key: 'k' },
        {
          selected: scopeId === undefined ? undefined : { scopeId },
          isWanted: () => true,
          mayHold: () => true,
          onRead: n => void read.push(n),
          ...change,
        },
      )
    ).map(({ cells }) => cells.id);
  return { got, read, ids };
};

describe('the rows of an object', () => {
  it('are read once, while there is room, and their bytes are counted', async () => {
    const { got, read, ids } = open(object);
    expect(await ids('a')).toEqual([uuid(1), uuid(3)]);
    expect(await ids('b')).toEqual([uuid(2)]);
    expect(await ids(undefined)).toHaveLength(3);
    expect(got).toEqual(['k']);
    expect(read).toEqual([object.length]);
  });

  it('are not read again for what the object is known not to hold', async () => {
    const { got, ids } = open(object);
    expect(await ids('none')).toEqual([]);
    expect(await ids('none')).toEqual([]);
    expect(await ids('a', { mayHold: ({ greatest }) => greatest > at(3) })).toEqual([]);
    expect(got).toEqual(['k']);
    expect(await ids('a', { isWanted: when => when > at(1) })).toEqual([uuid(3)]);
  });

  it('of a missing or damaged object are an error that names it and the cure', async () => {
    await expect(open(undefined).ids('a')).rejects.toThrow(UnreadableRecord);
    await expect(open(Buffer.from('x')).ids('a')).rejects.toThrow(
      'The record s3://ledger/k cannot be read: it does not contain gzipped rows. Restore it from a copy',
    );
    expect(await open(gzipSync('')).ids('a')).toEqual([]);
  });
});
