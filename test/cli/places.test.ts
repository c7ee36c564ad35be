import { describe, expect, it } from 'vitest';
import { openPlaces } from '#cli/places.ts';
import { collect, openBuckets } from '#test/support/world.ts';

describe('the places of an installation', () => {
  it('are those of a data directory', async () => {
    const { root, ledger, state, views } = await openBuckets();
    for (const place of [ledger, state, views]) await place.create(place.bucket, Buffer.from('x'));
    const places = await openPlaces({ data: root });
    for (const [name, place] of Object.entries(places))
      expect((await collect(place.list(''))).map(({ key }) => key)).toEqual([name]);
  });
});
