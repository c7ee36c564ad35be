/** The suites on foreign engines, a project for each folder of test/conformance/; one after another. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const suites = readdirSync(join(import.meta.dirname, 'test/conformance'), { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name);

export default defineConfig({
  test: {
    projects: suites.map(name => ({
      extends: true,
      test: { name, include: [`test/conformance/${name}/**/*.conformance.ts`] },
    })),
    maxWorkers: 1,
    testTimeout: 300_000,
    // The first run fetches the engine.
    hookTimeout: 1_800_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
