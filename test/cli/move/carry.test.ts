import { describe, expect, it } from 'vitest';
import { Moves } from '#aws/state/moves.ts';
import { encodeRecord } from '#aws/state/record.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { type Carrying, carry } from '#cli/move/carry.ts';
import { newInstallation } from '#domain/archive/installation.ts';
import { objectKey } from '#domain/archive/layout.ts';
import { openBuckets } from '#test/support/world.ts';

const last = '2026-11-24T12:00:00.000000000Z';
const event = objectKey({
  lane: 'ontime',
  bucket: 0,
  firstFiledAt: last,
  stream: 'old@1',
  shard: 'shard',
  firstSequence: '1',
  lastSequence: '1',
  textSha256: 'a'.repeat(64),
});

const installed = async (id: string, buckets = 1) => {
  const world = await openBuckets();
  await world.state.create(
    'installation.json',
    encodeRecord(newInstallation({ buckets, ledger: 'ledger' }, id)),
  );
  return world;
};
type World = Awaited<ReturnType<typeof installed>>;

const watermark = async ({ state }: World, stream: string, filed: string) => {
  const watermarks = new Watermarks(state);
  const before = await watermarks.get(stream, 'shard');
  await watermarks.put(stream, 'shard', { sequence: '1', filed: { '00': filed } }, before);
};

/** An installation with one object, an admin, a schedule that is due and a refused item; and a target beside it. */
const open = async (change: Partial<Carrying> = {}, buckets = 1) => {
  const from = await installed('source');
  const to = await installed('target', buckets);
  await from.ledger.create(event, Buffer.from('rows'));
  await from.state.create('admins/a/b.json', Buffer.from('admin'));
  await from.state.create('schedules-due/x', Buffer.from('due'));
  await from.aside.create('refused/bucket=00/x', Buffer.from('item'));
  await watermark(from, 'old@1', last);
  const done: string[] = [];
  const carrying: Carrying = {
    from,
    to,
    target: 'the target',
    isRunning: false,
    patience: { pause: async () => undefined, attempts: 1 },
    nowInstant: () => '2026-11-26T12:00:00.000000000Z',
    say: () => undefined,
    log: () => undefined,
    fileAll: async () => void done.push('filed'),
    endOld: async () => void done.push('ended'),
    ...change,
  };
  const textOf = async (place: 'ledger' | 'state' | 'aside', key: string) =>
    (await to[place].get(key))?.bytes.toString();
  return { from, to, carrying, done, textOf };
};

describe('carrying an installation', () => {
  it('makes the target the same installation, which files above all that was filed', async () => {
    const { carrying, done, textOf } = await open();
    const { installation, days } = await carry(carrying);
    expect([installation, days, done]).toEqual([
      'source',
      [expect.objectContaining({ date: '2026-11-24', objects: 1, bytes: 4 })],
      ['filed', 'ended'],
    ]);
    expect(await textOf('ledger', event)).toBe('rows');
    expect(await textOf('state', 'admins/a/b.json')).toBe('admin');
    expect(await textOf('state', 'schedules-due/x')).toBe('due');
    expect(await textOf('aside', 'refused/bucket=00/x')).toBe('item');
    expect(JSON.parse((await textOf('state', 'installation.json'))!)).toMatchObject({
      id: 'source',
      ledger: 'ledger',
      filed_from: '2026-11-24T12:00:00.000000001Z',
    });
    // Another run finds that nothing is left to do.
    expect(await carry(carrying)).toEqual({ installation: 'source', days: undefined });
    expect(done).toEqual(['filed', 'ended']);
  });

  it('hands nothing over before the old installation has ended', async () => {
    const { carrying, textOf } = await open({ endOld: () => Promise.reject(new Error('killed')) });
    await expect(carry(carrying)).rejects.toThrow('killed');
    expect(await textOf('ledger', event)).toBe('rows');
    expect(await textOf('state', 'schedules-due/x')).toBeUndefined();
    expect(await textOf('aside', 'refused/bucket=00/x')).toBeUndefined();
    expect(JSON.parse((await textOf('state', 'installation.json'))!)).toMatchObject({ id: 'target' });
  });

  it('copies again what the old installation has changed since a try that did not end', async () => {
    const { from, carrying, textOf } = await open({ endOld: () => Promise.reject(new Error('killed')) });
    await expect(carry(carrying)).rejects.toThrow('killed');
    const { etag } = (await from.state.get('admins/a/b.json'))!;
    await from.state.replace('admins/a/b.json', Buffer.from('changed'), etag);
    await carry({ ...carrying, endOld: async () => undefined });
    expect(await textOf('state', 'admins/a/b.json')).toBe('changed');
  });

  it('leaves alone what the new installation has changed after the switch', async () => {
    const { to, carrying, textOf } = await open({ isRunning: true });
    await watermark(to, 'new@1', '2026-11-24T12:00:00.000000001Z');
    await carry(carrying);
    await new Moves(to.state).advance('switching');
    const { etag } = (await to.state.get('admins/a/b.json'))!;
    await to.state.replace('admins/a/b.json', Buffer.from('changed'), etag);
    await carry(carrying);
    expect(await textOf('state', 'admins/a/b.json')).toBe('changed');
  });

  it('waits until a target that runs files later', async () => {
    const { to, carrying } = await open({ isRunning: true });
    await expect(carry(carrying)).rejects.toThrow('has filed nothing yet');
    await watermark(to, 'new@1', '2026-11-24T12:00:00.000000001Z');
    expect((await carry(carrying)).days).toHaveLength(1);
  });

  it('waits until a target runs for the first time', async () => {
    const { to, carrying } = await open();
    const { bytes } = (await to.state.get('installation.json'))!;
    await to.state.delete('installation.json');
    await expect(carry(carrying)).rejects.toThrow('the target has never run');
    const pause = async () => void (await to.state.create('installation.json', bytes));
    expect((await carry({ ...carrying, patience: { pause, attempts: 2 } })).days).toHaveLength(1);
  });

  it('refuses a target that is in use, of another installation or with other buckets, unchanged', async () => {
    for (const [place, key] of [
      ['ledger', event],
      ['aside', 'quarantine/bucket=00/x'],
      ['state', 'admins/a/b.json'],
    ] as const) {
      const { to, carrying } = await open();
      await to[place].create(key, Buffer.from('x'));
      await expect(carry(carrying)).rejects.toThrow('is in use');
      expect(await new Moves(to.state).get()).toBeUndefined();
    }
    const other = await open({}, 2);
    await expect(carry(other.carrying)).rejects.toThrow('annals:buckets=1');
    const another = await open();
    const record = { format: 1, installation: 'third', status: 'copying', began_at: last } as const;
    await new Moves(another.to.state).begin(record);
    await expect(carry(another.carrying)).rejects.toThrow('holds the installation third');
    const exporting = await open();
    await exporting.from.state.create('exports-open/e-1', Buffer.from('x'));
    await expect(carry(exporting.carrying)).rejects.toThrow('The export e-1 is not finished');
    for (const { done } of [other, another, exporting]) expect(done).toEqual([]);
  });

  it('switches nothing if the ledgers differ', async () => {
    const { to, carrying, done } = await open({
      // Somebody writes into the target before the copying ends.
      fileAll: async () => void (await to.ledger.create(event, Buffer.from('other'))),
    });
    await expect(carry(carrying)).rejects.toThrow('does not have the objects of the log on 2026-11-24');
    expect(done).toEqual([]);
  });
});
