/** The operator's page, on a machine of its own with nginx and the units of systemd: `npm run operate`, as root. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/operate/*.operate.ts'], testTimeout: 900_000, hookTimeout: 120_000 },
});
