/**
 * A gap of records that are lost: nothing was put aside that could be put back, so it can only be dismissed.
 */
import type { Objects } from '#aws/objects.ts';
import { partitionKey } from '#domain/archive/bucket.ts';
import { lostCondition } from '#domain/archive/gap.ts';
import { onFailurePrefix } from '#domain/archive/layout.ts';
import { eventSourceId } from '#embedded/account.ts';

export type LostGap = {
  /** Identifies the loss, as a path; the same loss is the same gap, however often it is found. */
  name: string;
  /** For the person who decides on it. */
  description: string;
  /** The buckets that may lack something. */
  buckets: readonly number[];
  /** When it would have been filed. */
  atMs: number;
};

/** False if this loss is known already. */
export const putLostGap = async (
  aside: Pick<Objects, 'create'>,
  { name, description, buckets, atMs }: LostGap,
): Promise<boolean> => {
  const body = {
    version: '1.0',
    timestamp: new Date(atMs).toISOString(),
    requestContext: { condition: lostCondition, functionArn: 'archive' },
    description,
    payload: JSON.stringify({
      Records: buckets.map(bucket => ({
        kinesis: { partitionKey: partitionKey(bucket), approximateArrivalTimestamp: atMs / 1000 },
      })),
    }),
  };
  const key = `${onFailurePrefix}${eventSourceId}/lost/${name}`;
  return (await aside.create(key, Buffer.from(JSON.stringify(body)))) === 'created';
};
