import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it, onTestFinished } from 'vitest';
import { segmentBytes } from '#embedded/query/segment-bytes.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

it('bytes are those of row groups that the statistics do not exclude; a list excludes none', async () => {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  onTestFinished(() => {
    connection.closeSync();
    database.closeSync();
  });
  const path = join(await temporaryDirectory(), 'a.parquet');
  await connection.run(
    `COPY (SELECT 's-' || (i // 2048) AS scope_id, NULL::VARCHAR AS request_id FROM range(4096) t(i))
     TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  const bytes = (column: string, operator: '=' | '<' | '<=' | '>' | '>=' | 'in', ...values: string[]) =>
    segmentBytes(connection, `['${path}']`, [{ column, operator, values }]);
  const whole = await segmentBytes(connection, `['${path}']`, []);
  const first = await bytes('scope_id', '=', 's-0');
  const second = await bytes('scope_id', '=', 's-1');
  expect(first + second).toBe(whole);
  expect(await bytes('scope_id', '<', 's-1')).toBe(first);
  expect(await bytes('scope_id', '<=', 's-0')).toBe(first);
  expect(await bytes('scope_id', '>', 's-0')).toBe(second);
  expect(await bytes('scope_id', '>=', 's-1')).toBe(second);
  expect(await bytes('scope_id', '=', 's-9')).toBe(0);
  expect(await bytes('scope_id', 'in', 's-9')).toBe(whole);
  // Nothing is known of a column that is NULL throughout, or is not there.
  expect(await bytes('request_id', '=', 'r')).toBe(whole);
  expect(await bytes('lane', '=', 'late')).toBe(whole);
});
