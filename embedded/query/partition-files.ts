/**
 * The objects of the partitions that a statement reads. What lies beside them costs nothing: no other object is
 * opened, or asked for its size, and other partitions are passed over by their names.
 */
import { fewAtOnce } from '#aws/few-at-once.ts';
import { bucketName } from '#domain/archive/bucket.ts';
import { lanes } from '#domain/archive/lane.ts';
import type { ReadableFiles } from '#embedded/storage/readable-files.ts';
import { type Condition, meets } from './table-references.ts';

/** One bucket of the embedded S3. */
export type BucketReader = {
  /** In the order of keys. */
  keysBelow(prefix: string, after: string): AsyncIterable<string>;
  sizeOf(key: string): Promise<number | undefined>;
  pathsOf(keys: readonly string[]): Promise<ReadableFiles>;
};

export type PartitionedPrefix = { reader: BucketReader; prefix: string; suffix: string };

export type PartitionFiles = { paths: string[]; bytes: number; release(): Promise<void> };

/** The files of the partitions that meet the conditions. */
export const partitionFiles = async (
  table: PartitionedPrefix,
  conditions: readonly Condition[],
): Promise<PartitionFiles> => {
  const { reader } = table;
  const keys: string[] = [];
  for await (const key of keysOf(table, conditions)) keys.push(key);
  const sizes = await fewAtOnce(keys, async key => {
    const bytes = await reader.sizeOf(key);
    // An answer without it would be short.
    if (bytes === undefined) throw new Error(`The object ${key} was deleted while a query began`);
    return bytes;
  });
  return { ...(await reader.pathsOf(keys)), bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
};

async function* keysOf(
  { reader, prefix, suffix }: PartitionedPrefix,
  conditions: readonly Condition[],
): AsyncGenerator<string> {
  const first = firstDate(conditions);
  for (const lane of lanes.filter(name => meets(conditions, 'lane', name)))
    for await (const bucket of bucketsOf(reader, `${prefix}lane=${lane}/`, conditions)) {
      const below = `${prefix}lane=${lane}/bucket=${bucket}/date=`;
      for await (const key of reader.keysBelow(below, `${below}${first}`)) {
        const date = key.slice(below.length).split('/', 1)[0]!;
        if (isPast(conditions, date)) break;
        // As Athena does, objects are read whatever their names are; the suffix decides how.
        if (key.endsWith(suffix) && meets(conditions, 'date', date)) yield key;
      }
    }
}

/** Those that the conditions name, or all that have an object. */
async function* bucketsOf(
  reader: BucketReader,
  prefix: string,
  conditions: readonly Condition[],
): AsyncGenerator<string> {
  const named = conditions.find(
    ({ column, operator }) => column === 'bucket' && (operator === '=' || operator === 'in'),
  );
  if (named) {
    const isName = (text: string) => /^\d{2,4}$/.test(text) && bucketName(Number(text)) === text;
    yield* named.values.filter(value => isName(value) && meets(conditions, 'bucket', value)).sort();
    return;
  }
  for (let after = ''; ; ) {
    const next = await first(reader.keysBelow(prefix, after));
    const [, bucket] = /^bucket=([^/]+)\//.exec(next?.slice(prefix.length) ?? '') ?? [];
    if (next === undefined) return;
    if (bucket !== undefined && meets(conditions, 'bucket', bucket)) yield bucket;
    // Above every key of this bucket.
    after = `${prefix}${next.slice(prefix.length).split('/', 1)[0]}/\u{10ffff}`;
  }
}

const first = async <T>(items: AsyncIterable<T>): Promise<T | undefined> => {
  for await (const item of items) return item;
  return undefined;
};

const bounds = (conditions: readonly Condition[], ...operators: Condition['operator'][]): string[] =>
  conditions
    .filter(({ column, operator }) => column === 'date' && operators.includes(operator))
    .map(({ values }) => values[0]!);

/** No earlier date meets the conditions. */
const firstDate = (conditions: readonly Condition[]): string =>
  bounds(conditions, '=', '>', '>=').sort().at(-1) ?? '';

/** Whether neither this date nor a later one meets the conditions. */
const isPast = (conditions: readonly Condition[], date: string): boolean =>
  bounds(conditions, '=', '<', '<=').some(limit => date > limit);
