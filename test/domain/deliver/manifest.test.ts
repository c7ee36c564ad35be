import { describe, expect, it } from 'vitest';
import { manifestFormat, manifestSha256, namedGaps, printManifest } from '#domain/deliver/manifest.ts';

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

  it('names each gap once when it is found and once when it has ended, whatever was stored of it', () => {
    const gapsOf = (open: string[], before: readonly string[]) => {
      const text = Buffer.from(printManifest({ ...facts, gaps: { open, before } }));
      const { gaps } = JSON.parse(text.toString()) as { gaps: { found: string[]; ended: string[] } };
      return { ...gaps, named: namedGaps(text, before) };
    };
    const first = gapsOf(['a', 'b'], []);
    expect(first.named).toEqual(first.found);
    const second = gapsOf(['b', 'c'], first.named);
    expect([second.found.length, second.ended]).toEqual([1, [first.found[0]]]);
    expect(gapsOf([], second.named)).toMatchObject({ found: [], ended: second.named, named: [] });
    // A record of an earlier release has the causes.
    expect(gapsOf(['b'], ['a', 'b'])).toEqual({
      ...{ open: 1, found: [], ended: [first.found[0]] },
      named: [first.found[1]],
    });
  });

  it('names a thousand gaps at a time, and the others once these have ended', () => {
    const gapsOf = (open: string[], before: readonly string[]) => {
      const text = Buffer.from(printManifest({ ...facts, gaps: { open, before } }));
      const { gaps } = JSON.parse(text.toString()) as { gaps: { open: number; found: string[] } };
      return { ...gaps, named: namedGaps(text, before) };
    };
    const causes = Array.from({ length: 1500 }, (_, n) => `quarantine/${n}`);
    const first = gapsOf(causes, []);
    expect([first.open, first.found.length, first.named.length]).toEqual([1500, 1000, 1000]);
    expect(gapsOf(causes, first.named).found).toEqual([]);
    const second = gapsOf(causes.slice(600), first.named);
    expect([second.found.length, second.named.length]).toEqual([500, 900]);
    expect(new Set([...first.found, ...second.found]).size).toBe(1500);
  });

  it('is one line, whose hash the next one has', () => {
    const text = printManifest(facts);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(manifestSha256(text)).toMatch(/^[0-9a-f]{64}$/);
  });
});
