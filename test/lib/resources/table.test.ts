import { DuckDBInstance } from '@duckdb/node-api';
import { HiveSQL, TrinoSQL } from 'dt-sql-parser';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KnownBuckets, KnownDay, Selection, Slice } from '#domain/export/reads.ts';
import { exportStatement, outputHeader, type Statement } from '#domain/export/statement.ts';
import { sqlLiteral } from '#domain/sql-literal.ts';
import { flat, list, synthesize } from '#test/lib/synth.ts';

type GlueTable = {
  Name: string;
  Parameters: Record<string, unknown>;
  PartitionKeys: { Name: string; Type: string }[];
  StorageDescriptor: {
    Columns: { Name: string; Type: string; Comment: string }[];
    Location: unknown;
    InputFormat: string;
    OutputFormat: string;
    SerdeInfo: { SerializationLibrary: string };
  };
};

let tables: GlueTable[];
beforeAll(async () => {
  const stack = await synthesize();
  tables = ['EventTableEvents', 'EventTableSegments'].map(
    prefix => stack.one('AWS::Glue::Table', prefix).Properties.TableInput as GlueTable,
  );
});

const at = '2026-11-23T12:00:00.000000000Z';
const scope = { id: "o'neil; -- ?", bucket: 7 };
const everything: Slice = { from: undefined, to: undefined };
const window: Slice = { from: '2026-11-01T00:00:00.000000000Z', to: at };
const floors = { ontime: '2026-10-30T00:00:00.000000000Z', late: undefined, isLateRead: false };
const day = (date: string): KnownDay => ({ date, objects: 1, parts: [{ bytes: 1, textBytes: 8 }] });
const known = (...buckets: number[]): KnownBuckets => ({
  buckets,
  areAll: false,
  segments: { ontime: ['2026-11-01', '2026-11-02'].map(day), late: ['2026-11-01', '2026-11-09'].map(day) },
  ledger: { ontime: [day('2026-11-20')], late: [day('2026-11-21')] },
});
const selections: Record<string, [Selection, Slice]> = {
  'a scope': [{ scope, completeTo: at, floors: undefined }, everything],
  'a scope and a window': [{ scope, completeTo: at, floors: undefined }, window],
  'a scope, filtered': [
    {
      scope,
      completeTo: at,
      floors: undefined,
      filter: {
        action: 'context.*',
        actor: "u'?",
        target: 't',
        success: true,
        request_id: 'r',
        client_trace_id: 'c',
      },
    },
    window,
  ],
  'the complete log': [{ scope: undefined, completeTo: at, floors: undefined }, everything],
  'the complete log of a window': [{ scope: undefined, completeTo: at, floors: undefined }, window],
  'a scope that is compacted for the most part': [
    { scope, completeTo: at, floors: undefined, known: [known(7)] },
    everything,
  ],
  'the complete log of buckets that are compacted up to different days': [
    { scope: undefined, completeTo: at, floors: undefined, known: [known(0, 1), known(2)] },
    window,
  ],
  'the run of a schedule': [{ scope, completeTo: at, floors }, everything],
  'the run of a schedule that holds late rows': [
    { scope, completeTo: at, floors: { ...floors, late: floors.ontime, isLateRead: true } },
    everything,
  ],
};
const statements = Object.entries(selections).map(
  ([name, [selection, slice]]) => [name, exportStatement(selection, slice)] as const,
);

/** The statement as Athena makes it of the parameters that it was given. */
const substituted = ({ sql, parameters }: Statement): string => {
  const left = parameters.map(sqlLiteral);
  return sql.replaceAll(/'(?:[^']|'')*'|\?/g, token => (token === '?' ? left.shift()! : token));
};
const errorsOf = (parser: TrinoSQL | HiveSQL, sql: string): string[] =>
  parser.validate(sql).map(({ message }) => message);

/** Trino’s names of the types that Glue calls by Hive’s. */
const trinoTypes: Record<string, string> = { string: 'varchar', int: 'integer', boolean: 'boolean' };
const allColumns = (table: GlueTable) => [...table.StorageDescriptor.Columns, ...table.PartitionKeys];

describe.each([0, 1])('table %i', n => {
  it('is one in the language of Trino', () => {
    const table = tables[n]!;
    const list = allColumns(table).map(({ Name, Type }) => `"${Name}" ${trinoTypes[Type]}`);
    const partitions = table.PartitionKeys.map(({ Name }) => `'${Name}'`).join(', ');
    const properties = `format = '${['JSON', 'PARQUET'][n]}', partitioned_by = ARRAY[${partitions}]`;
    const sql = `CREATE TABLE "${table.Name}" (${list.join(', ')}) WITH (${properties})`;
    expect(errorsOf(new TrinoSQL(), sql)).toEqual([]);
  });

  it('is one in the language of Athena’s definitions, which is Hive’s', () => {
    const table = tables[n]!;
    const { Columns, InputFormat, OutputFormat, SerdeInfo, Location } = table.StorageDescriptor;
    const columnList = Columns.map(
      ({ Name, Type, Comment }) => `\`${Name}\` ${Type} COMMENT '${Comment.replaceAll("'", "\\'")}'`,
    );
    const partitionList = table.PartitionKeys.map(({ Name, Type }) => `\`${Name}\` ${Type}`);
    const properties = Object.entries(table.Parameters).map(([name, value]) => `'${name}'='${flat(value)}'`);
    const sql = `CREATE EXTERNAL TABLE \`${table.Name}\` (${columnList.join(', ')})
      PARTITIONED BY (${partitionList.join(', ')})
      ROW FORMAT SERDE '${SerdeInfo.SerializationLibrary}'
      STORED AS INPUTFORMAT '${InputFormat}' OUTPUTFORMAT '${OutputFormat}'
      LOCATION '${flat(Location)}' TBLPROPERTIES (${properties.join(', ')})`;
    expect(errorsOf(new HiveSQL(), sql)).toEqual([]);
  });
});

describe('the roles that start statements', () => {
  it.each(['Export', 'Finish', 'Tick'])(
    '%s may read the tables, and look at the default database',
    async stage => {
      const { statementsOf } = await synthesize();
      const statement = statementsOf(stage).find(({ Action }) => list(Action).includes('glue:GetDatabase'));
      expect(list(statement?.Resource).map(resource => flat(resource).replace(/^.*:/, ''))).toEqual([
        'catalog',
        'database/annals',
        'database/default',
        'table/annals/events',
        'table/annals/segments',
      ]);
      expect(list(statement?.Action ?? []).sort()).toEqual(['glue:GetDatabase', 'glue:GetTable']);
    },
  );
});

describe('every statement', () => {
  it.each(statements)('of %s is Trino’s, as it is written and as its parameters make it', (_, statement) => {
    expect(errorsOf(new TrinoSQL(), statement.sql)).toEqual([]);
    expect(errorsOf(new TrinoSQL(), substituted(statement))).toEqual([]);
  });

  it('would not pass in words that only DuckDB knows', () => {
    for (const sql of [
      'SELECT x::varchar FROM events',
      'SELECT DISTINCT ON (id) * FROM events',
      'SELECT * FROM events QUALIFY true',
    ])
      expect(errorsOf(new TrinoSQL(), sql), sql).not.toEqual([]);
  });

  it.each(statements)(
    'of %s runs over the columns of the table, and gives those that finish reads',
    async (_, statement) => {
      const database = await DuckDBInstance.create(':memory:');
      const connection = await database.connect();
      try {
        for (const table of tables) {
          const list = allColumns(table).map(({ Name, Type }) => `"${Name}" ${trinoTypes[Type]}`);
          await connection.run(`CREATE TABLE "${table.Name}" (${list.join(', ')})`);
        }
        const result = await connection.runAndReadAll(substituted(statement));
        expect(result.columnNames()).toEqual(outputHeader);
      } finally {
        connection.closeSync();
        database.closeSync();
      }
    },
  );
});
