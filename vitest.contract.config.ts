import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/contract/*.contract.ts'], testTimeout: 300_000, hookTimeout: 60_000 },
});
