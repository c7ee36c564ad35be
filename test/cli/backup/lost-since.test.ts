import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lostSince } from '#cli/backup/lost-since.ts';
import type { Manifest, ManifestFile } from '#cli/backup/manifest.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const file = (path: string, bytes = 1): ManifestFile => ({ path, bytes, sha256: '', mtime_ms: 0 });
const asMap = (files: readonly ManifestFile[]) => new Map(files.map(each => [each.path, each]));
const earlier = (...files: ManifestFile[]) => ({ head: { name: 'b-1' }, files }) as unknown as Manifest;
const object = 'buckets/ledger/events/lane=ontime/bucket=00/date=2026-11-25/x.json.gz';
const fold = (digit: string) => `buckets/.folds/ledger/2026-11-25-${digit.repeat(16)}.fold`;

describe('what the ledger has lost since a backup', () => {
  it('is nothing without an earlier backup, and of what is not the ledger', async () => {
    const root = await temporaryDirectory();
    expect(await lostSince(root, undefined, new Map(), [])).toEqual({ paths: [], backup: undefined });
    const before = earlier(file('keys.json'), file('buckets/results/x'));
    expect((await lostSince(root, before, new Map(), [])).paths).toEqual([]);
  });

  it('is an object that is gone or has another size, and a day without its fold', async () => {
    const root = await temporaryDirectory();
    const before = earlier(file(object), file(fold('a')));
    const lost = await lostSince(root, before, asMap([file(object, 2)]), []);
    expect(lost).toEqual({ paths: [object, fold('a')], backup: 'b-1' });
    expect((await lostSince(root, before, new Map(), [])).paths).toEqual([object, fold('a')]);
    expect((await lostSince(root, before, asMap([file(object), file(fold('b'))]), [])).paths).toEqual([]);
  });

  it('is not an object that was there when its file was looked for again', async () => {
    const root = await temporaryDirectory();
    await mkdir(dirname(join(root, object)), { recursive: true });
    await writeFile(join(root, object), 'x');
    expect((await lostSince(root, earlier(file(object)), new Map(), [])).paths).toEqual([]);
  });

  it('is a fold that the inventory names', async () => {
    const lost = await lostSince(await temporaryDirectory(), undefined, new Map(), ['x.fold']);
    expect(lost.paths).toEqual(['buckets/.folds/ledger/x.fold']);
  });
});
