/**
 * export: rows of one customer from the ledger to the finished CSV, by the embedded engine: the statement,
 * then the pass that deduplicates, hashes and writes the file. The floor is DuckDB's COPY of the same rows
 * without any of that: the exported columns, in the order of the ledger; and, to separate the cost of
 * sorting, the same in the CSV's order.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetQueryExecutionCommand,
  type GetQueryExecutionCommandOutput,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { S3Client } from '@aws-sdk/client-s3';
import { systemBackoff } from '#aws/backoff.ts';
import { ObjectText } from '#aws/ledger-object.ts';
import { Objects } from '#aws/objects.ts';
import { bucketName, bucketOf } from '#domain/archive/bucket.ts';
import { exportedColumns } from '#domain/archive/columns.ts';
import { objectKey } from '#domain/archive/layout.ts';
import { ExportFile, type ExportSummary } from '#domain/export/file.ts';
import { exportStatement } from '#domain/export/statement.ts';
import { sqlLiteral } from '#domain/sql-literal.ts';
import { instantOf } from '#domain/time.ts';
import { makeDirectory } from '#embedded/files.ts';
import { EmbeddedAthena } from '#embedded/query/athena.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { rowOf } from './archive.ts';
import type { Figure, Heading } from './figure.ts';
import { compare } from './measure.ts';

const rowsPerObject = 10_000;
const scope = 'acme';
const firstMs = 1_760_000_000_000;
const completeTo = '2030-01-01T00:00:00.000000000Z';

const unordered = 'COPY as the rows lie';

export type ExportBenchResult = {
  floor: string;
  rows: number;
  megabytes: number;
  seconds: number;
  floorSeconds: number;
  timesFloor: number;
  peakRssMiB: number;
};

export const exportHeading: Heading = {
  name: 'export',
  measures: 'seconds from the statement to the finished CSV, deduplicated, hashed, written and synced',
  floor: "DuckDB's COPY of the same rows and columns, written and synced",
};
export const exportFigure = (result: ExportBenchResult): Figure => ({
  what: result.floor,
  value: result.seconds,
  floor: result.floorSeconds,
  unit: 's',
  better: 'less',
  ...(result.floor === unordered ? { aim: 1.5 } : {}),
  note: `${result.rows.toLocaleString('en-US')} rows, ${result.megabytes} MB, ${result.peakRssMiB} MiB at the peak`,
});

export const benchExport = async (
  say: (text: string) => void,
  rows: number,
  add: (result: ExportBenchResult) => void,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'annals-bench-'));
  try {
    await run(directory, say, rows, add);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const run = async (
  directory: string,
  say: (text: string) => void,
  rows: number,
  add: (result: ExportBenchResult) => void,
): Promise<void> => {
  const temporary = join(directory, 'tmp');
  await makeDirectory(temporary);
  const s3 = new EmbeddedS3(join(directory, 'buckets'), temporary, ['ledger', 'views', 'results']);
  await s3.open();
  const client = s3 as unknown as Pick<S3Client, 'send'>;
  await fillLedger(new Objects(client, 'ledger', systemBackoff), say, rows);
  const results = new Objects(client, 'results', systemBackoff);
  let ended: () => void = () => undefined;
  const athena = await EmbeddedAthena.open({
    s3,
    ledger: 'ledger',
    views: 'views',
    directory: join(directory, 'athena'),
    temporary,
    memoryLimit: '1GiB',
    threads: 2,
    log: () => undefined,
    onStateChange: () => ended(),
  });
  /** Runs a statement; returns the key of its output. */
  const query = async (sql: string, parameters: readonly string[]): Promise<string> => {
    const end = new Promise<void>(resolve => {
      ended = resolve;
    });
    const input = {
      QueryString: sql,
      ExecutionParameters: parameters.map(sqlLiteral),
      ResultConfiguration: { OutputLocation: 's3://results/athena/' },
    };
    const { QueryExecutionId } = (await athena.send(new StartQueryExecutionCommand(input))) as {
      QueryExecutionId: string;
    };
    await end;
    const { QueryExecution } = (await athena.send(
      new GetQueryExecutionCommand({ QueryExecutionId }),
    )) as GetQueryExecutionCommandOutput;
    if (QueryExecution?.Status?.State !== 'SUCCEEDED')
      throw new Error(QueryExecution?.Status?.StateChangeReason);
    return `athena/${QueryExecutionId}.csv`;
  };
  const bucket = bucketOf(scope, 32);
  const { sql, parameters } = exportStatement(
    { scope: { id: scope, bucket }, completeTo, floors: undefined },
    { from: undefined, to: undefined },
  );
  let summary: ExportSummary | undefined;
  let n = 0;
  const exportIt = async (): Promise<void> => {
    const output = await query(sql, parameters);
    const file = new ExportFile();
    const chunks = await results.read(output);
    const pieces = async function* () {
      for await (const chunk of chunks) yield file.push(chunk);
      summary = file.end();
    };
    const key = `exports/${n++}.csv`;
    await results.createFrom(key, pieces());
    await results.delete(key);
    await results.delete(output);
  };
  const list = exportedColumns.map(({ name }) => `"${name}"`).join(', ');
  const copy = (order: string) => async (): Promise<void> =>
    results.delete(
      await query(`SELECT ${list} FROM "events" WHERE "bucket" = ? AND "scope_id" = ?${order}`, [
        bucketName(bucket),
        scope,
      ]),
    );
  const floors = [
    [unordered, ''],
    ['COPY in the order of the CSV', ' ORDER BY "occurred_at", "id", "scope_id"'],
  ] as const;
  for (const [floor, order] of floors) {
    say(`export of ${rows} rows, against ${floor}`);
    const { medianMs, floorMs } = await compare(
      { name: 'export', run: exportIt },
      { name: floor, run: copy(order) },
      3,
      1,
    );
    if (
      summary?.rows !== rows - Math.floor(rows / copyEvery) ||
      summary.duplicates !== Math.floor(rows / copyEvery)
    )
      throw new Error('The export has other rows than expected');
    add({
      floor,
      rows,
      megabytes: Math.round(summary.bytes / 1e6),
      seconds: medianMs / 1000,
      floorSeconds: floorMs / 1000,
      timesFloor: medianMs / floorMs,
      peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    });
  }
  await athena.close();
};

/** At this interval a row is a copy of the row before it. */
const copyEvery = 100;

const fillLedger = async (ledger: Objects, say: (text: string) => void, rows: number): Promise<void> => {
  const bucket = bucketOf(scope, 32);
  for (let from = 0; from < rows; from += rowsPerObject) {
    say(`writing rows ${from} to ${from + rowsPerObject} of ${rows} into a ledger`);
    const text = new ObjectText();
    const base = BigInt(firstMs + from) * 1_000_000n + BigInt(from);
    for (let n = from; n < Math.min(from + rowsPerObject, rows); n++) {
      const event = n % copyEvery === copyEvery - 1 ? n - 1 : n;
      text.add(Buffer.from(rowOf(event, scope, firstMs + event)), instantOf(base + BigInt(n)));
    }
    const { bytes, textSha256 } = await text.end();
    const name = {
      lane: 'ontime',
      bucket,
      firstFiledAt: instantOf(base),
      stream: 'bench',
      shard: 's',
      firstSequence: String(from),
      lastSequence: String(from),
      textSha256,
    } as const;
    await ledger.create(objectKey(name), bytes);
  }
};
