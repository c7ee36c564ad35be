/**
 * What must not change after the first deploy: the number of buckets, since it says where every event lies. It
 * is recorded in the state by whoever starts first; a configuration that disagrees refuses to start.
 */
import { installationKey } from '#domain/layout.ts';
import type { Objects } from './objects.ts';

export const requireInstallation = async (
  state: Pick<Objects, 'get' | 'create'>,
  buckets: number,
): Promise<void> => {
  // Created before it is read: who may not list a bucket is not told that a key is free (403, not 404).
  await state.create(installationKey, Buffer.from(`${JSON.stringify({ buckets })}\n`));
  const stored = await state.get(installationKey);
  const recorded = (JSON.parse(stored!.bytes.toString()) as { buckets: number }).buckets;
  if (recorded !== buckets)
    throw new Error(
      `The log was begun with ${recorded} buckets, the configuration says ${buckets}; set it back to ${recorded}`,
    );
};
