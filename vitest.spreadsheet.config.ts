import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/spreadsheet/*.spreadsheet.ts'], testTimeout: 300_000, hookTimeout: 60_000 },
});
