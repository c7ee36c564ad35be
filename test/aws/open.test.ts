import { describe, expect, it } from 'vitest';
import {
  openAside,
  openLedger,
  openResults,
  openState,
  openStream,
  openViews,
  requireConfigured,
} from '#aws/open.ts';
import { readInstallation } from '#aws/state/installation.ts';
import { openBuckets, openStream as openTestStream } from '#test/support/world.ts';

const configuration = {
  ANNALS_STATE: 'state',
  ANNALS_LEDGER: 'ledger',
  ANNALS_ASIDE: 'aside',
  ANNALS_VIEWS: 'views',
  ANNALS_RESULTS: 'results',
  ANNALS_STREAM: 'annals',
  ANNALS_BUCKETS: 32,
};

describe('the places of an installation', () => {
  it('are those that the configuration names', async () => {
    const { client } = await openBuckets();
    const places = [openState, openLedger, openViews, openAside, openResults].map(open =>
      open(client, configuration),
    );
    expect(places.map(({ bucket }) => bucket)).toEqual(['state', 'ledger', 'views', 'aside', 'results']);
    const { client: kinesis } = await openTestStream();
    expect(await openStream(kinesis, configuration, 1000).id()).toMatch(/^annals@/);
  });

  it('are used only if the configuration is that of the installation', async () => {
    const { client, state } = await openBuckets();
    await requireConfigured(client, configuration);
    expect(await readInstallation(state)).toMatchObject({ buckets: 32, ledger: 'ledger' });
    const { ANNALS_LEDGER, ...withoutLedger } = configuration;
    expect(await requireConfigured(client, withoutLedger)).toMatchObject({ ledger: ANNALS_LEDGER });
    await expect(requireConfigured(client, { ...configuration, ANNALS_BUCKETS: 64 })).rejects.toThrow('32');
  });
});
