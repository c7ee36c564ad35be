import { describe, expect, it } from 'vitest';
import { buildBundle } from '#embedded/launch/build-bundle.js';
import { temporaryDirectory } from '#test/support/temporary.ts';

describe('the bundles of our entries', () => {
  const root = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '');

  it.each(['cli/main.ts', 'embedded/compaction/segment-maker-thread.ts'])(
    'has %s without a warning, import.meta, import() and the native part of DuckDB',
    async entry => {
      const { code, warnings } = await buildBundle({ root, entry, folder: await temporaryDirectory() });
      expect(warnings).toEqual([]);
      const text = code.toString();
      expect(text).not.toMatch(/[^"'.`\w]import\.meta\b/);
      expect(text).not.toMatch(/[^"'.`\w$]import\((?!\))/);
      expect(text).not.toContain('.node")');
    },
  );
});
