/** What the embedded Kinesis refuses, under the service's names, and the limits of a call. */
import { KinesisServiceException, type PutRecordsRequestEntry } from '@aws-sdk/client-kinesis';
import { maxRecordBytes } from './frame.ts';

const maxRecords = 500;
const maxCallBytes = 5 * 1024 * 1024;

export const exception = (name: string, message: string): KinesisServiceException =>
  new KinesisServiceException({ name, message, $fault: 'client', $metadata: { httpStatusCode: 400 } });

export const refused = (message: string): KinesisServiceException =>
  exception('ValidationException', message);

/** The sizes of the records of a call; throws if the call exceeds a limit. */
export const sizesWithinLimits = (entries: readonly PutRecordsRequestEntry[]): number[] => {
  const sizes = entries.map(
    ({ Data, PartitionKey }) => (Data?.length ?? 0) + Buffer.byteLength(PartitionKey ?? ''),
  );
  if (entries.length < 1 || entries.length > maxRecords)
    throw refused(`A call has 1 to ${maxRecords} records, this one ${entries.length}`);
  if (sizes.some(size => size > maxRecordBytes))
    throw refused(`A record has at most ${maxRecordBytes} bytes`);
  if (sizes.reduce((sum, size) => sum + size, 0) > maxCallBytes)
    throw refused(`A call has at most ${maxCallBytes} bytes`);
  return sizes;
};

export type Throughput = { records: number; bytes: number };
/** What a shard has taken in the current second. */
export type ThroughputWindow = { second: number; records: number; bytes: number };

/** Whether a shard takes another record now; counts it if so. */
export const isWithinThroughput = (
  throughput: Throughput | undefined,
  window: ThroughputWindow,
  nowMs: number,
  bytes: number,
): boolean => {
  if (!throughput) return true;
  const second = Math.floor(nowMs / 1000);
  if (window.second !== second) Object.assign(window, { second, records: 0, bytes: 0 });
  if (window.records + 1 > throughput.records || window.bytes + bytes > throughput.bytes) return false;
  window.records += 1;
  window.bytes += bytes;
  return true;
};
