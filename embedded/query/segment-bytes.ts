/** How much of segments a statement reads: whole row groups, by the statistics that their files hold. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { quote } from './quote.ts';
import type { Condition } from './table-references.ts';

/** The sizes of the row groups that may hold a row that meets the conditions; `paths` is a list as SQL. */
export const segmentBytes = async (
  connection: DuckDBConnection,
  paths: string,
  conditions: readonly Condition[],
): Promise<number> => {
  const excluding = conditions.map(
    condition => `(path_in_schema = ${quote(condition.column)} AND ${excludes(condition)})`,
  );
  const result = await connection.runAndReadAll(
    `WITH chunks AS (SELECT * FROM parquet_metadata(${paths})),
     passed AS (SELECT DISTINCT file_name, row_group_id FROM chunks WHERE ${['false', ...excluding].join(' OR ')})
     SELECT coalesce(sum(total_compressed_size), 0)::BIGINT
     FROM chunks ANTI JOIN passed USING (file_name, row_group_id)`,
  );
  return Number(result.getRows()[0]![0] as bigint);
};

/** Whether no value between the least and the greatest meets a condition; NULL if they are not known. */
const excludes = ({ operator, values }: Condition): string => {
  const value = quote(values[0]!);
  switch (operator) {
    case '=':
      return `(stats_min_value > ${value} OR stats_max_value < ${value})`;
    case '<':
    case '<=':
      return `NOT (stats_min_value ${operator} ${value})`;
    case '>':
    case '>=':
      return `NOT (stats_max_value ${operator} ${value})`;
    default:
      return 'false';
  }
};
