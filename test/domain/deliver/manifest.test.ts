import { describe, expect, it } from 'vitest';
import { manifestFormat, manifestSha256, printManifest } from '#domain/deliver/manifest.ts';

const at = '2026-11-26T10:00:00.000000000Z';
const facts = {
  place: { installation: 'i', scopeId: 'acme', id: 'siem', incarnation: '0a' },
  run: {
    format: 1 as const,
    run: 7,
    cause: 'rows' as const,
    from: at,
    to: at,
    rows_from: at,
    definition_version: 2,
    form: { format: 'json' as const, version: 1 },
    read: 4,
    rows: 2,
    filtered: 1,
    dropped: 1,
    left_out: [],
    parts: [{ rows: 2, text_bytes: 10, sha256: 'ab' }],
    frozen_at: at,
  },
  gaps: { open: ['quarantine/bucket=03/b'], before: ['quarantine/bucket=03/a'] },
  undelivered: [],
  undeliveredCount: 0,
  retimed: 0,
  previous: null,
  at,
};

describe('the manifest of a run', () => {
  it('says what was in the window, and where it lies', () => {
    const manifest = JSON.parse(printManifest(facts)) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      format: manifestFormat,
      scope_id: 'acme',
      run: 7,
      read: 4,
      rows: 2,
      filtered: 1,
      dropped: 1,
      parts: [{ key: 'date=2026-11-26/000000000007-1.ndjson.gz', rows: 2, text_bytes: 10, sha256: 'ab' }],
      previous_sha256: null,
    });
  });

  it('names gaps that were found and that ended, without the keys of others’ records', () => {
    const text = printManifest(facts);
    expect(text).not.toContain('quarantine');
    const { gaps } = JSON.parse(text) as { gaps: { open: number; found: string[]; ended: string[] } };
    expect(gaps.open).toBe(1);
    expect([gaps.found.length, gaps.ended.length]).toEqual([1, 1]);
    expect(gaps.found).not.toEqual(gaps.ended);
  });

  it('is one line, whose hash the next one has', () => {
    const text = printManifest(facts);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(manifestSha256(text)).toMatch(/^[0-9a-f]{64}$/);
  });
});
