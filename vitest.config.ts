import { defineConfig } from 'vitest/config';

// Bounds for what hangs, not for what is slow: a machine that others use takes ten times as long as an idle one.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
