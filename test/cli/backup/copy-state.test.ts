import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Copier } from '#cli/backup/copier.ts';
import {
  copyRecords,
  copyRecordsOfArchive,
  copyTheRest,
  copyWhatStateNames,
  foldersWithHoles,
} from '#cli/backup/copy-state.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

/** The paths that are copied, in order. */
const copied = async (
  paths: readonly string[],
  work: (root: string, copier: Copier) => Promise<void>,
): Promise<string[]> => {
  const root = await temporaryDirectory();
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), '');
  }
  const order: string[] = [];
  const copier = { files: new Map(), copyBelow: async (path: string) => void order.push(path) };
  await work(root, copier as unknown as Copier);
  return order.map(path => path.replace(/^buckets\//, ''));
};

const state = (...names: string[]) => names.map(name => `buckets/state/${name}/x`);

describe('the state', () => {
  it('is copied without what archive writes, indexes and secrets before and after what they are for', async () => {
    const order = await copied(
      state('admins', 'exports', 'exports-open', 'gaps', 'refused', 'schedules', 'watermark', 'compact'),
      copyRecords,
    );
    const indexes = [
      'state/exports-open',
      'state/schedules-due',
      'state/admin-changes-open',
      'state/notices',
      'state/deliveries-open',
      'state/delivery-secrets',
    ];
    expect(order).toEqual([
      ...indexes,
      ...['state/redrives', 'state/schedules', 'state/exports', 'state/delivery-progress', 'deliveries'],
      'state/admins',
      ...indexes,
    ]);
  });

  it('has what archive writes after the watermarks, and what was put aside after both', async () => {
    const order = await copied(
      ['buckets/aside/x', 'buckets/results/x', 'buckets/views/x', 'buckets/ledger/x', ...state('refused')],
      copyWhatStateNames,
    );
    expect(order[0]).toBe('athena');
    expect(order.slice(1, 3)).toEqual(['results', '.headers']);
    expect(order.at(-1)).toBe('aside');
    expect(order).not.toContain('ledger');
    const ofArchive = await copied([], (_, copier) => copyRecordsOfArchive(copier));
    expect(ofArchive).toEqual([
      'state/refused-open',
      'state/refused',
      'state/refused-ended',
      'state/gaps',
      'state/quarantine',
      'state/aws',
      'state/refused-open',
    ]);
  });

  it('has the progress of deliveries before their files, and what these are of after both', async () => {
    const names = ['deliveries', 'deliveries-open', 'delivery-progress', 'delivery-secrets', 'delivery-work'];
    const order = await copied([...state(...names), 'deliveries/x'], copyRecords);
    const after = order.slice(order.indexOf('state/delivery-progress'));
    expect(after.slice(0, 4)).toEqual([
      ...['state/delivery-progress', 'deliveries', 'state/deliveries', 'state/delivery-work'],
    ]);
    expect(await copied(['deliveries/x', 'delivery-key'], copyTheRest)).toEqual(['delivery-key']);
  });

  it('has events without holes: a folder that shows one is listed again', () => {
    const event = (folder: string, n: number) => `buckets/state/${folder}/${String(n).padStart(8, '0')}.json`;
    expect(
      foldersWithHoles([
        ...[event('exports/a', 0), event('exports/a', 1)],
        ...[event('exports/b', 0), event('exports/b', 2)],
        ...[event('schedules/s/d', 1), 'buckets/state/exports-open/x', event('deliveries/s/d', 1)],
      ]),
    ).toEqual(['exports/b', 'schedules/s/d', 'deliveries/s/d'].map(folder => `buckets/state/${folder}`));
  });

  it('is beside keys and what a later version may add', async () => {
    const order = await copied(['keys.json', 'stream/x', 'lock', 'more/x', 'buckets/x'], copyTheRest);
    expect(order).toEqual(['keys.json', 'more']);
  });
});
