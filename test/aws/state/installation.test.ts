import { describe, expect, it } from 'vitest';
import { Objects } from '#aws/objects.ts';
import { requireFiledFrom, requireInstallation } from '#aws/state/installation.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { currentFormat } from '#domain/archive/installation.ts';
import { installationKey } from '#domain/archive/layout.ts';
import { noWatermark } from '#domain/archive/watermark.ts';
import { openBuckets, quietBackoff } from '#test/support/world.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const anId = '0191f3a0-6c1e-4a3b-9f00-5b0c3b1f9a77';

const open = async (record?: unknown) => {
  const { state, ledger, client } = await openBuckets();
  if (record !== undefined)
    await state.create(
      installationKey,
      Buffer.from(typeof record === 'string' ? record : `${JSON.stringify(record)}\n`),
    );
  const stored = async () => (await state.get(installationKey))!.bytes.toString();
  return { state, ledger, client, stored };
};

describe('the record of an installation', () => {
  it('is made by the first to start, and read by the others', async () => {
    const { state, stored } = await open();
    const made = await requireInstallation(state, { buckets: 32, ledger: 'ledger' });
    expect(made).toEqual({
      id: expect.stringMatching(uuid),
      buckets: 32,
      format: currentFormat,
      ledger: 'ledger',
      filed_from: null,
    });
    expect(await requireInstallation(state, { buckets: 32 })).toEqual(made);
    expect(await stored()).toBe(
      `{"id":"${made.id}","buckets":32,"format":2,"ledger":"ledger","filed_from":null}\n`,
    );
  });

  it('gets the name of the ledger from the first who knows it', async () => {
    const { state } = await open();
    const made = await requireInstallation(state, { buckets: 32 });
    expect(made.ledger).toBeNull();
    const completed = { ...made, ledger: 'ledger' };
    expect(await requireInstallation(state, { buckets: 32, ledger: 'ledger' })).toEqual(completed);
    expect(await requireInstallation(state, { buckets: 32 })).toEqual(completed);
  });

  it('of 0.1.0 is completed in place, and 0.1.0 still reads it', async () => {
    const { state, stored } = await open({ buckets: 16 });
    const completed = await requireInstallation(state, { buckets: 16, ledger: 'ledger' });
    expect(completed).toMatchObject({ buckets: 16, format: 2, ledger: 'ledger', filed_from: null });
    expect(completed.id).toMatch(uuid);
    expect((JSON.parse(await stored()) as { buckets: number }).buckets).toBe(16);
    expect(await requireInstallation(state, { buckets: 16, ledger: 'ledger' })).toEqual(completed);
  });

  it('is one record, however many start at once', async () => {
    for (const record of [undefined, { buckets: 32 }]) {
      const { client } = await open(record);
      const starts = Array.from({ length: 12 }, (_, n) =>
        requireInstallation(new Objects(client, 'state', quietBackoff), {
          buckets: 32,
          ...(n % 2 === 0 ? { ledger: 'ledger' } : {}),
        }),
      );
      const ids = (await Promise.all(starts)).map(({ id }) => id);
      expect(new Set(ids).size).toBe(1);
    }
  });

  it('keeps the members that it does not know, and what a move has set', async () => {
    const moved = { id: anId, buckets: 32, filed_from: '2027-01-01T00:00:00.000000000Z', moved_from: 'x' };
    const { state, stored } = await open(moved);
    expect(await requireInstallation(state, { buckets: 32, ledger: 'ledger' })).toMatchObject(moved);
    expect(JSON.parse(await stored())).toEqual({ ...moved, format: 2, ledger: 'ledger' });
  });

  it.each([
    [
      'another number of buckets',
      { buckets: 64 },
      /begun with 32 buckets, the configuration says 64; set it back to 32$/,
    ],
    [
      'another ledger',
      { buckets: 32, ledger: 'new' },
      /in the ledger "old", the configuration says "new", .*; set it back to "old"$/,
    ],
  ])('is not started with %s', async (_, configured, message) => {
    const { state, stored } = await open({
      id: anId,
      buckets: 32,
      format: 2,
      ledger: 'old',
      filed_from: null,
    });
    const before = await stored();
    await expect(requireInstallation(state, configured)).rejects.toThrow(message);
    expect(await stored()).toBe(before);
  });

  it('of a later format is not started by this version', async () => {
    const { state } = await open({ id: anId, buckets: 32, format: 3, ledger: 'ledger', filed_from: null });
    await expect(requireInstallation(state, { buckets: 32, ledger: 'ledger' })).rejects.toThrow(
      /the format 3, and this version reads formats up to 2; start the version that wrote it/,
    );
  });

  it.each([
    ['', /installation\.json cannot be read.*Restore it/],
    ['{"buckets":', /installation\.json cannot be read.*Restore it/],
    ['null', /installation\.json cannot be read.*missing or wrong.*Restore it/],
    ['{"buckets":3}', /installation\.json cannot be read.*missing or wrong.*Restore it/],
    ['{"buckets":"32"}', /installation\.json cannot be read.*missing or wrong.*Restore it/],
    [
      '{"buckets":32,"filed_from":"2026-11-25"}',
      /installation\.json cannot be read.*missing or wrong.*Restore it/,
    ],
    ['{"buckets":32,"format":0}', /installation\.json cannot be read.*missing or wrong.*Restore it/],
  ])('that is %j is reported by its name and the fix, and left unchanged', async (text, message) => {
    const { state, stored } = await open(text);
    await expect(requireInstallation(state, { buckets: 32 })).rejects.toThrow(message);
    expect(await stored()).toBe(text);
  });
});

describe('a ledger', () => {
  const object = 'events/lane=ontime/bucket=07/date=2026-11-23/x.json.gz';
  const nowhere = { filed_from: null };

  it('that holds objects is refused while nothing says how far it was filed', async () => {
    const { state, ledger } = await open();
    await requireFiledFrom(state, ledger, nowhere);
    await ledger.create(object, Buffer.from(''));
    await expect(requireFiledFrom(state, ledger, nowhere)).rejects.toThrow(
      /^The ledger "ledger" holds objects, but "state" holds no watermark: restore the state, or set "filed_from"/,
    );
    await requireFiledFrom(state, ledger, { filed_from: '2026-12-01T00:00:00.000000000Z' });
    const watermarks = new Watermarks(state);
    await watermarks.put('annals@x', 's', noWatermark, { watermark: noWatermark, etag: undefined });
    await requireFiledFrom(state, ledger, nowhere);
  });
});
