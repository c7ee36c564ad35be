import { describe, expect, it } from 'vitest';
import { Watermarks } from '#aws/state/watermarks.ts';
import { eventsPrefix } from '#domain/archive/layout.ts';
import { holdDataDirectory } from '#embedded/data-directory.ts';
import { openDataPlaces } from '#embedded/data-places.ts';
import { drain } from '#embedded/drain.ts';
import { eventText } from '#test/support/builders.ts';
import { filesNothing, startServer } from '#test/support/server.ts';
import { collect } from '#test/support/world.ts';

describe('draining a stopped installation', () => {
  it('files what was acknowledged, once', async () => {
    const server = await startServer(filesNothing);
    await server.post(eventText());
    await server.stop();
    const data = await holdDataDirectory(server.data);
    try {
      const options = {
        data,
        buckets: 32,
        log: () => undefined,
        pause: () => new Promise<void>(setImmediate),
      };
      const { ledger, state } = await openDataPlaces(data, 32, () => undefined);
      expect(await collect(ledger.list(eventsPrefix))).toEqual([]);
      await drain(options);
      expect(await collect(ledger.list(eventsPrefix))).toHaveLength(1);
      await drain(options);
      expect(await collect(ledger.list(eventsPrefix))).toHaveLength(1);
      const [shard] = await new Watermarks(state).all();
      expect(shard!.filed).not.toEqual({});
    } finally {
      data.release();
    }
  });

  it('throws if it cannot file in time', async () => {
    const server = await startServer(filesNothing);
    await server.stop();
    const data = await holdDataDirectory(server.data);
    try {
      const options = { data, buckets: 32, log: () => undefined, pause: async () => undefined, atMostMs: -1 };
      await expect(drain(options)).rejects.toThrow('Not everything that was acknowledged');
    } finally {
      data.release();
    }
  });
});
