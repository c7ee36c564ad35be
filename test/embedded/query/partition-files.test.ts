import { describe, expect, it } from 'vitest';
import { bucketName } from '#domain/archive/bucket.ts';
import { lanes } from '#domain/archive/lane.ts';
import { type BucketReader, partitionFiles } from '#embedded/query/partition-files.ts';
import type { Condition } from '#embedded/query/table-references.ts';

const days = ['2026-11-21', '2026-11-22', '2026-11-23'];
const prefix = 'events/';
const suffix = '.json.gz';

/** A bucket with `perPartition` objects in each partition, and what is asked of it. */
const open = (perPartition: number, more: string[] = []) => {
  const keys = [
    ...lanes.flatMap(lane =>
      [0, 1, 7, 10, 31].flatMap(bucket =>
        days.flatMap(date =>
          Array.from(
            { length: perPartition },
            (_, n) => `events/lane=${lane}/bucket=${bucketName(bucket)}/date=${date}/${n}${suffix}`,
          ),
        ),
      ),
    ),
    ...more,
  ].sort();
  const asked = { keys: 0, sizes: 0, paths: 0 };
  const reader: BucketReader = {
    keysBelow: async function* (below, after) {
      for (const key of keys.filter(one => one.startsWith(below) && one > after)) {
        asked.keys++;
        yield key;
      }
    },
    sizeOf: async key => {
      asked.sizes++;
      return keys.includes(key) ? 3 : undefined;
    },
    pathsOf: async some => {
      asked.paths += some.length;
      return { paths: [...some], release: async () => undefined };
    },
  };
  return { table: { reader, prefix, suffix }, asked, keys };
};

const is = (column: string, operator: Condition['operator'], ...values: string[]): Condition => ({
  column,
  operator,
  values,
});

describe('the files of a statement', () => {
  it('are opened, and asked for their size, without the ten thousand objects beside them', async () => {
    const { table, asked } = open(400);
    const conditions = [
      is('lane', '=', 'late'),
      is('bucket', '=', '07'),
      is('date', '>=', '2026-11-22'),
      is('date', '<=', '2026-11-22'),
    ];
    expect(await partitionFiles(table, conditions)).toMatchObject({ bytes: 1200 });
    // One key beyond the last day ends the list.
    expect(asked).toEqual({ keys: 401, sizes: 400, paths: 400 });
  });

  it.each<[string, Condition[]]>([
    ['all', []],
    ['a lane', [is('lane', '=', 'ontime')]],
    ['a bucket', [is('bucket', '=', '10')]],
    ['some buckets', [is('bucket', 'in', '31', '00', '05')]],
    ['two conditions on a bucket', [is('bucket', 'in', '31', '00'), is('bucket', '=', '31')]],
    ['a range of buckets', [is('bucket', '>=', '02'), is('bucket', '<', '31')]],
    ['a day', [is('date', '=', '2026-11-22')]],
    ['days after', [is('date', '>', '2026-11-22')]],
    ['days before', [is('date', '<', '2026-11-22')]],
    ['some days', [is('date', 'in', '2026-11-21', '2026-11-23')]],
    ['no day', [is('date', '>=', '2026-11-23'), is('date', '<=', '2026-11-21')]],
    ['a bucket that cannot be', [is('bucket', '=', '../ledger')]],
    ['a bucket without an object', [is('bucket', '=', '02')]],
    ['other columns', [is('scope_id', '=', 'x'), is('bucket', '=', '01')]],
  ])('are all of those that the conditions leave: %s', async (_, conditions) => {
    const { table, keys } = open(2, [
      'events/lane=ontime/bucket=01/date=2026-11-22/0.tmp',
      'events/x',
      'other',
    ]);
    const expected = keys.filter(key => {
      const [, lane, bucket, date] =
        /^events\/lane=(.+)\/bucket=(.+)\/date=(.+)\/.*\.json\.gz$/.exec(key) ?? [];
      const values: Record<string, string | undefined> = { lane, bucket, date };
      return (
        lane !== undefined &&
        conditions.every(({ column, operator, values: limits }) => {
          const value = values[column];
          if (value === undefined) return true;
          const [limit] = limits as [string];
          if (operator === '<') return value < limit;
          if (operator === '<=') return value <= limit;
          if (operator === '>') return value > limit;
          if (operator === '>=') return value >= limit;
          return limits.includes(value);
        })
      );
    });
    expect((await partitionFiles(table, conditions)).paths.sort()).toEqual(expected);
  });

  it('are refused if one is deleted meanwhile, since the answer would be short', async () => {
    const { table } = open(1);
    const reader = { ...table.reader, sizeOf: async () => undefined };
    await expect(partitionFiles({ ...table, reader }, [])).rejects.toThrow('was deleted while a query began');
  });
});
