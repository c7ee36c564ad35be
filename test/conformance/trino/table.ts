/** The Glue tables as the CDK stack synthesizes them, for a ledger and segments in buckets of some names. */
import { synthesize } from '#test/lib/synth.ts';
import type { TableInput } from './glue.ts';

/** A value of the template with every reference replaced by the name of the bucket. */
const resolve = (value: unknown, bucket: string): unknown => {
  if (Array.isArray(value)) return value.map(one => resolve(one, bucket));
  if (typeof value !== 'object' || value === null) return value;
  if ('Ref' in value) return bucket;
  if ('Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
    return parts.map(part => resolve(part, bucket)).join(separator);
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolve(inner, bucket)]));
};

export type Tables = { events(bucket: string): TableInput; segments(bucket: string): TableInput };

/** Returns the tables over the ledger and the segments in a bucket. */
export const synthesizeTables = async (): Promise<Tables> => {
  const stack = await synthesize();
  const tableOf = (id: string) => (bucket: string) =>
    resolve(stack.one('AWS::Glue::Table', id).Properties.TableInput, bucket) as TableInput;
  return { events: tableOf('EventTableEvents'), segments: tableOf('EventTableSegments') };
};

/** The table with other parameters. */
export const withParameters = (table: TableInput, parameters: Record<string, string>): TableInput => ({
  ...table,
  Parameters: { ...table.Parameters, ...parameters },
});

type Columns = { Columns: { Name: string; Type: string }[] };

/** The table with another type of a column. */
export const withType = (table: TableInput, column: string, type: string): TableInput => {
  const descriptor = table.StorageDescriptor as Columns;
  const columns = descriptor.Columns.map(one => (one.Name === column ? { ...one, Type: type } : one));
  return { ...table, StorageDescriptor: { ...descriptor, Columns: columns } };
};
