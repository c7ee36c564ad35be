import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeBackup } from '#cli/backup/make-backup.ts';
import { restoreBackup } from '#cli/backup/restore-backup.ts';
import { BackupStore } from '#cli/backup/store.ts';
import { annals } from '#test/support/annals.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

type Step = 'records' | 'watermarks' | 'what records name' | 'ledger' | 'stream';

/** Backs up what a server has, doing something between the steps; returns a server on the copy. */
const backedUp = async (data: string, buckets: number, step: (name: string) => Promise<void>) => {
  const root = await temporaryDirectory();
  const store = await BackupStore.openForWriting(join(root, 'backups'), 'i');
  const made = await makeBackup({
    ...{ root: data, store, buckets, version: '0', nowMs: Date.now, step },
    onFile: () => undefined,
  });
  const target = join(root, 'restored');
  const manifest = await store.manifest(made.head.name);
  await restoreBackup({ store, manifest, target, nowMs: Date.now, onFile: () => undefined });
  store.release();
  return { target, made };
};

const buckets = 4;
const open = () => startServer({ buckets, folding: { everyMs: 20, manyObjects: 2 } });
let n = 0;
const next = () => {
  const id = `00000000-0000-4000-8000-${String(++n).padStart(12, '0')}`;
  const occurred_at = new Date(Date.now() - 1000).toISOString();
  return { id, text: eventText({ id, occurred_at, scope: { id: `s-${n % 5}`, type: 'account' } }) };
};

describe('a backup of a running server', () => {
  it.each<Step>(['records', 'watermarks', 'what records name', 'ledger', 'stream'])(
    'holds each event once, whatever is acknowledged, filed, folded, exported and refused after the step "%s"',
    async moment => {
      const server = await open();
      const acknowledged: string[] = [];
      const work = async () => {
        for (let i = 0; i < 6; i++) {
          const { id, text } = next();
          expect((await server.post(text)).status).toBe(202);
          acknowledged.push(id);
          if (i % 2 === 0) await server.exportLog({ scope_id: undefined }, 'operator');
        }
        await server.call('emitter', '/v1/events?refused=keep', { method: 'POST', body: '{"action":"x"}' });
      };
      await work();
      const before = acknowledged.length;
      const { target, made } = await backedUp(server.data, buckets, async name => {
        if (name === moment) await work();
      });
      expect(made.loss.paths).toEqual([]);
      await server.stop();
      const copy = await startServer({ data: target, buckets });
      const { rows, whole } = await copy.exportLog({ scope_id: undefined }, 'operator');
      const ids = rows.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(acknowledged.slice(0, before).filter(id => !ids.includes(id))).toEqual([]);
      expect(ids.filter(id => !acknowledged.includes(id))).toEqual([]);
      if (moment !== 'stream') expect(ids).toHaveLength(acknowledged.length);
      // The restore's own, in each bucket.
      expect(whole).toMatchObject({ gaps: buckets, duplicates: 0, conflicts: 0, reused_ids: 0 });
      const refused = JSON.parse(
        (await annals(['refused', 'list', '--data', target, '--json'])).out,
      ) as object[];
      expect(refused.length).toBe(1);
      await copy.stop();
      const check = await annals(['check', '--data', target, '--json']);
      expect([check.code, JSON.parse(check.out).findings]).toEqual([0, {}]);
    },
  );

  it('starts over if the server has filed and deleted what was about to be copied', async () => {
    const server = await open();
    await server.post(next().text);
    await server.stop();
    const store = await BackupStore.openForWriting(join(await temporaryDirectory(), 'b'), 'i');
    let times = 0;
    await makeBackup({
      ...{ root: server.data, store, buckets, version: '0', nowMs: Date.now, onFile: () => undefined },
      async step(name) {
        if (name === 'watermarks' && ++times === 1)
          await rm(join(server.data, 'stream', 'shardId-000000000000'), { recursive: true });
      },
    });
    expect([times, (await store.names()).length]).toEqual([2, 1]);
    store.release();
  });

  it('has a name above that of the last one, also if the clock was set back', async () => {
    const server = await open();
    const store = await BackupStore.openForWriting(join(await temporaryDirectory(), 'b'), 'i');
    const at = (ms: number) =>
      makeBackup({
        ...{ root: server.data, store, buckets, version: '0', nowMs: () => ms },
        onFile: () => undefined,
      });
    await at(Date.parse('2026-11-26T12:00:00Z'));
    await at(Date.parse('2026-11-20T12:00:00Z'));
    expect(await store.names()).toEqual(['2026-11-26T12-00-00-000Z', '2026-11-26T12-00-00-001Z']);
    store.release();
  });
});
