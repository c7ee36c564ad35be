import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/shippers/*.shipper.ts'],
    testTimeout: 300_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
