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
