/**
 * What was put aside, read back as packs that can be put on the stream again, where they are filed as any
 * record is. A single line goes to the bucket that its row belongs to, whatever the key was that it came
 * under.
 */

import { onFailurePrefix } from '#domain/archive/layout.ts';
import type { Instant } from '#domain/time.ts';
import { bucketOf, parseRecordKey } from './bucket.ts';
import { encodePacks, type Pack } from './pack.ts';
import { decodeRow } from './row.ts';
import { filedUntil, type RecordPosition, type Watermark } from './watermark.ts';

/**
 * A quarantined pack or line, as archive writes it. `line` counts from 0; null if the whole pack is meant.
 */
export type Quarantined = {
  reason: string;
  shard: string;
  sequence: string;
  arrival: string;
  partition_key: string;
  line: number | null;
  /** Base64 of the record's data, or of the line. */
  data: string;
};

/** The packs of what lies at `cause`; or why there are none, which a person has to decide on. */
export const redrivenPacks = (cause: string, text: string, buckets: number): Pack[] | { fault: string } => {
  try {
    return cause.startsWith(onFailurePrefix)
      ? packsOfOnFailure(text, buckets)
      : packsOfQuarantined(JSON.parse(text) as Quarantined, buckets);
  } catch {
    return { fault: 'What was put aside cannot be read' };
  }
};

/** When the last of these records was filed, no earlier; undefined if that is not known yet. */
export const lastFiled = (
  positions: readonly RecordPosition[],
  watermarks: readonly Watermark[],
): Instant | undefined =>
  positions
    .flatMap(({ bucket }) => filedUntil(watermarks, bucket) ?? [])
    .sort()
    .at(-1);

const noBucket = { fault: 'The partition key of a record names no bucket' };

const packsOfQuarantined = (
  { partition_key, line, data }: Quarantined,
  buckets: number,
): Pack[] | { fault: string } => {
  const bytes = Buffer.from(data, 'base64');
  const kind = parseRecordKey(partition_key, buckets);
  if (line === null) return kind === undefined ? noBucket : [{ ...kind, data: bytes }];
  const row = decodeRow(bytes);
  const at = 'fault' in row ? kind?.bucket : bucketOf(row.bucketedBy, buckets);
  if (at === undefined) return noBucket;
  return encodePacks([bytes.toString()]).map(pack => ({ bucket: at, data: pack.data }));
};

type OnFailure = { payload: string };
type OnFailurePayload = { Records: { kinesis: { partitionKey: string; data?: string } }[] };

const packsOfOnFailure = (text: string, buckets: number): Pack[] | { fault: string } => {
  const { Records } = JSON.parse((JSON.parse(text) as OnFailure).payload) as OnFailurePayload;
  const packs: Pack[] = [];
  for (const { kinesis } of Records) {
    const kind = parseRecordKey(kinesis.partitionKey, buckets);
    if (kind === undefined) return noBucket;
    if (kinesis.data === undefined)
      return { fault: 'The stream has lost the records: nothing is left to put back' };
    packs.push({ ...kind, data: Buffer.from(kinesis.data, 'base64') });
  }
  return packs.length > 0 ? packs : { fault: 'There are no records in what was put aside' };
};
