import { describe, expect, it } from 'vitest';
import {
  activeExportKey,
  exportFileKey,
  exportIdOfActiveKey,
  exportIdOfIndexKey,
  exportIndexName,
  exportsOfScopePrefix,
  manifestKey,
  requestedAtMsOfIndexKey,
} from '#domain/export/layout.ts';

const id = '00000000-0000-4000-8000-000000000001';

describe('the keys of exports', () => {
  it('sort the newest first, and say the id and the time', () => {
    const [older, newer] = [1000, 2000].map(at => `exports-by-time/${exportIndexName(at, id)}`);
    expect(newer! < older!).toBe(true);
    expect(exportIdOfIndexKey(older!)).toBe(id);
    expect(requestedAtMsOfIndexKey(older!)).toBe(1000);
    expect(exportIdOfActiveKey(activeExportKey(id))).toBe(id);
  });

  it('separate the exports of a scope from those of the complete log, whatever the scope is called', () => {
    expect(exportsOfScopePrefix('all')).not.toBe(exportsOfScopePrefix(undefined));
  });

  it('give each retry a file and a manifest of its own', () => {
    expect(exportFileKey(id, 0)).toBe(`exports/${id}/0/audit-log.csv`);
    expect(exportFileKey(id, 1, { format: 'ndjson', compression: 'gzip' })).toBe(
      `exports/${id}/1/audit-log.ndjson.gz`,
    );
    expect(manifestKey(id, 1)).toBe(`exports/${id}/1/manifest.json`);
  });
});
