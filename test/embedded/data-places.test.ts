import { describe, expect, it } from 'vitest';
import { readInstallation } from '#aws/state/installation.ts';
import { holdDataDirectory } from '#embedded/data-directory.ts';
import { openDataPlaces } from '#embedded/data-places.ts';
import { eventText } from '#test/support/builders.ts';
import { startServer } from '#test/support/server.ts';
import { collect } from '#test/support/world.ts';

describe('the buckets of a data directory', () => {
  it('are those that the server has filled', async () => {
    const server = await startServer();
    await server.post(eventText());
    await server.exportLog();
    await server.stop();
    const data = await holdDataDirectory(server.data);
    try {
      const { ledger, state, aside } = await openDataPlaces(data, 32, () => undefined);
      expect(await readInstallation(state)).toMatchObject({ buckets: 32, ledger: 'ledger' });
      expect((await collect(ledger.list('events/'))).length).toBeGreaterThan(0);
      expect(await collect(aside.list(''))).toEqual([]);
    } finally {
      data.release();
    }
  });
});
