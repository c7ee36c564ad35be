import { describe, expect, it } from 'vitest';
import { decodeManifest, encodeManifest, type Manifest } from '#cli/backup/manifest.ts';

const manifest: Manifest = {
  head: {
    format: 1,
    name: '2026-11-26T12-00-00-000Z',
    installation: 'i-1',
    version: '0.1.0',
    state_as_of: '2026-11-26T12:00:00.000Z',
    acknowledged_to: '2026-11-26T12:00:01.000Z',
    complete_to: null,
  },
  files: [
    { path: 'keys.json', bytes: 3, sha256: 'a'.repeat(64), mtime_ms: 1, stamp: '1-2' },
    { path: 'buckets/state/a.json', bytes: 0, sha256: 'b'.repeat(64), mtime_ms: 1.5 },
  ],
};

describe('a manifest', () => {
  it('is read as it was written', () => {
    expect(decodeManifest(encodeManifest(manifest), 'm')).toEqual(manifest);
    expect(decodeManifest(encodeManifest({ ...manifest, files: [] }), 'm').files).toEqual([]);
  });

  it('is damaged if it is cut or changed anywhere', () => {
    const text = encodeManifest(manifest);
    for (let end = 0; end < text.length; end += 7)
      expect(() => decodeManifest(text.slice(0, end), '/b/m'), String(end)).toThrow(
        'The manifest /b/m is damaged; use another backup',
      );
    expect(() => decodeManifest(text.replace('keys', 'keyz'), 'm')).toThrow('is damaged');
    expect(() => decodeManifest(text.replace('"files":2', '"files":3'), 'm')).toThrow('is damaged');
  });

  it('of a later format says so', () => {
    const text = encodeManifest({ ...manifest, head: { ...manifest.head, format: 2 as 1 } });
    expect(() => decodeManifest(text, 'm')).toThrow('was written by a later version of Annals');
  });

  it.each(['../x', '/etc/passwd', 'a/../b', 'a//b', './a', 'a/', 'a\\b', '', 'a\n/../x'])(
    'names no file outside of the data directory, such as %j',
    path => {
      const text = encodeManifest({ ...manifest, files: [{ ...manifest.files[0]!, path }] });
      expect(() => decodeManifest(text, 'm')).toThrow('is damaged');
    },
  );

  it('names files that begin with a dot', () => {
    const files = [{ ...manifest.files[0]!, path: 'buckets/.folds/ledger/..x.fold' }];
    expect(decodeManifest(encodeManifest({ ...manifest, files }), 'm').files).toEqual(files);
  });
});
