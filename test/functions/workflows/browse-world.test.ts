import { expect, it } from 'vitest';
import { compactionKey } from '#domain/compact/layout.ts';
import { createBrowseWorld } from '#functions/workflows/browse-world.ts';
import { openBuckets } from '#test/support/world.ts';

it('reads the places that the configuration names, and logs that a record of compaction is damaged', async () => {
  const { client, state } = await openBuckets();
  const said: string[] = [];
  const world = createBrowseWorld(
    {
      ANNALS_BUCKETS: 4,
      ANNALS_STATE: 'state',
      ANNALS_LEDGER: 'ledger',
      ANNALS_VIEWS: 'views',
      ANNALS_ASIDE: 'aside',
    },
    client,
    {
      budget: { milliseconds: 1, bytesRead: 1 },
      log: (_, message) => void said.push(message),
      metrics: () => undefined,
    },
  );
  expect(await world.days.firstDay(1)).toBeUndefined();
  expect(await world.watermarks.all()).toEqual([]);
  const uncompacted = { bucket: 1, compactedTo: undefined };
  expect(await world.segmentDays.compaction(1)).toMatchObject(uncompacted);
  expect(said).toEqual([]);
  await state.create(compactionKey(1), Buffer.from('{'));
  expect(await world.segmentDays.compaction(1)).toMatchObject(uncompacted);
  expect(said).toEqual(['A record of compaction is damaged']);
});
