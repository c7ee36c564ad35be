/**
 * Athena over the embedded buckets, by DuckDB. Checked against the API reference of November 2026.
 *
 * Serves: StartQueryExecution (positional parameters, idempotency token, output location), GetQueryExecution
 * with bytes scanned, and the state-change event; one query at a time, the others are QUEUED.
 *
 * Refuses: every other command, loudly; a parameter that is not a string literal, or stands before the first
 * WHERE; a table whose conditions are not understood (table-references.ts), since it opens only the files of
 * the partitions that they leave; the same token with another query.
 *
 * Differs: bytes scanned are the sizes of the objects that partition pruning left, and of segments' row groups
 * with all of their columns; a query that was running when the process ended is FAILED after the next start;
 * records are kept for 45 days, as the service keeps them.
 *
 * The CSV is Athena's to the byte, and gets its key only once it is complete.
 */
import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetQueryExecutionCommand,
  type GetQueryExecutionCommandOutput,
  StartQueryExecutionCommand,
  type StartQueryExecutionCommandInput,
} from '@aws-sdk/client-athena';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { isDiskFull, makeDirectory } from '#embedded/files.ts';
import type { EmbeddedS3 } from '#embedded/storage/s3.ts';
import type { QueryStateChange } from '#functions/finish.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import { exception, invalid } from './athena-errors.ts';
import { copyToCsv, type DatabaseOptions, openDatabase } from './duckdb.ts';
import type { BucketReader } from './partition-files.ts';
import { type Execution, QueryRecords } from './query-records.ts';
import { withParameters } from './statement-parameters.ts';
import { type Table, tablesOf } from './tables.ts';

const interruptMs = 20;
const againMs = 1000;
const keptMs = 45 * 24 * 3_600_000;

export type AthenaOptions = Omit<DatabaseOptions, 'folders'> & {
  s3: EmbeddedS3;
  /** The buckets that statements read. */
  ledger: string;
  views: string;
  directory: string;
  onStateChange: (event: QueryStateChange) => void;
  log: Log;
  /** For tests: the error that a query is to fail with. */
  fault?: (sql: string) => string | undefined;
  /** For tests: whether a start is refused because too many queries run. */
  throttle?: () => boolean;
};

export class EmbeddedAthena {
  readonly #options: AthenaOptions;
  readonly #database: DuckDBInstance;
  readonly #records: QueryRecords;
  readonly #tables: readonly Table[];
  #starting: Promise<unknown> = Promise.resolve();
  #last: Promise<unknown> = Promise.resolve();
  #running: DuckDBConnection | undefined;
  #isClosing = false;
  /** A start does not wait for the records of a month and a half. */
  #expiring: Promise<void> = Promise.resolve();

  private constructor(options: AthenaOptions, database: DuckDBInstance, records: QueryRecords) {
    this.#options = options;
    this.#database = database;
    this.#records = records;
    const { s3, ledger, views } = options;
    const readerOf = (bucket: string): BucketReader => ({
      keysBelow: (prefix, after) => s3.keysBelow(bucket, prefix, after),
      sizeOf: key => s3.sizeOf(bucket, key),
      pathsOf: keys => s3.pathsOf(bucket, keys),
    });
    this.#tables = tablesOf(readerOf(ledger), readerOf(views));
  }

  static async open(options: AthenaOptions): Promise<EmbeddedAthena> {
    const { s3, ledger, views, directory, temporary } = options;
    const database = await openDatabase({
      ...options,
      folders: [ledger, views].map(name => s3.folderOf(name)),
    });
    const records = new QueryRecords(directory, temporary, options.log);
    await makeDirectory(directory);
    const athena = new EmbeddedAthena(options, database, records);
    athena.#expiring = records
      .expire(Date.now(), keptMs)
      .catch(error => options.log('warn', 'Old records of queries could not be deleted', errorFacts(error)));
    return athena;
  }

  async send(command: unknown): Promise<unknown> {
    if (command instanceof StartQueryExecutionCommand && this.#options.throttle?.())
      throw exception('TooManyRequestsException', 'You have exceeded the limit for the number of queries');
    if (command instanceof StartQueryExecutionCommand)
      return { $metadata: { httpStatusCode: 200 }, QueryExecutionId: await this.#start(command.input) };
    if (command instanceof GetQueryExecutionCommand) return this.#describe(command.input.QueryExecutionId!);
    throw new Error(`The embedded Athena does not serve ${(command as object).constructor.name}`);
  }

  /** Runs no query before this is done. */
  holdUntil(done: Promise<unknown>): void {
    this.#last = Promise.all([this.#last, done]);
  }

  /** One after another, so that of two starts with one token the second finds the first. */
  #start(input: StartQueryExecutionCommandInput): Promise<string> {
    const started = this.#starting.then(() => this.#startNext(input));
    this.#starting = started.catch(() => undefined);
    return started;
  }

  async #startNext(input: StartQueryExecutionCommandInput): Promise<string> {
    const {
      QueryString,
      ExecutionParameters = [],
      ClientRequestToken = randomUUID(),
      ResultConfiguration,
    } = input;
    const [, bucket, prefix] = /^s3:\/\/([^/]+)\/(.*)$/.exec(ResultConfiguration?.OutputLocation ?? '') ?? [];
    if (bucket === undefined) throw invalid('An output location is needed, as s3://bucket/prefix/');
    const sql = withParameters(QueryString!, ExecutionParameters);
    const query = createHash('sha256')
      .update(JSON.stringify([sql, bucket, prefix]))
      .digest('hex');
    const known = await this.#records.started(ClientRequestToken);
    if (known) {
      if (known.query !== query) throw invalid('Idempotent parameters do not match');
      if (await this.#records.load(known.id)) return known.id;
    }
    const id = known?.id ?? randomUUID();
    await this.#records.start(ClientRequestToken, { id, query });
    const execution: Execution = { id, state: 'QUEUED', submittedAt: Date.now(), bytesScanned: 0, query };
    await this.#records.save(execution);
    this.#last = this.#last.then(() => this.#execute(execution, sql, bucket, `${prefix}${id}.csv`));
    return id;
  }

  async #execute(queued: Execution, sql: string, bucket: string, key: string): Promise<void> {
    if (this.#isClosing) return;
    const running: Execution = { ...queued, state: 'RUNNING' };
    let ended: Execution;
    try {
      const bytesScanned = await this.#copyOnceThereIsRoom(running, sql, bucket, key);
      ended = { ...running, state: 'SUCCEEDED', bytesScanned, completedAt: Date.now() };
    } catch (error) {
      ended = { ...running, state: 'FAILED', reason: (error as Error).message, completedAt: Date.now() };
    }
    // An interrupted query stays RUNNING, as after a crash.
    if (this.#isClosing && ended.state === 'FAILED') return;
    await this.#saveSurely(ended);
    this.#options.onStateChange({
      'detail-type': 'Athena Query State Change',
      detail: { currentState: ended.state, queryExecutionId: ended.id },
    });
  }

  /** A full disk fails no query: the query waits for room, and its export waits for it. */
  async #copyOnceThereIsRoom(running: Execution, sql: string, bucket: string, key: string): Promise<number> {
    for (;;) {
      try {
        await this.#records.save(running);
        return await this.#copy(sql, bucket, key, running.id);
      } catch (error) {
        if (!isDiskFull(error) || this.#isClosing) throw error;
        this.#options.log('error', 'A query waits for room on the disk', errorFacts(error));
        await sleep(againMs);
      }
    }
  }

  /** Runs the statement into its file; returns the number of bytes that it had to read. */
  async #copy(sql: string, bucket: string, key: string, id: string): Promise<number> {
    const fault = this.#options.fault?.(sql);
    if (fault !== undefined) throw new Error(fault);
    const connection = await this.#database.connect();
    this.#running = connection;
    const path = join(this.#options.temporary, `${id}.csv`);
    try {
      const bytes = await copyToCsv(connection, this.#tables, sql, path);
      await this.#options.s3.adopt(bucket, key, path);
      return bytes;
    } finally {
      this.#running = undefined;
      connection.closeSync();
      await rm(path, { force: true });
    }
  }

  async #describe(id: string): Promise<GetQueryExecutionCommandOutput> {
    const execution = await this.#records.load(id);
    if (!execution) throw invalid(`QueryExecution ${id} was not found`);
    const { state, reason, submittedAt, completedAt, bytesScanned } = execution;
    return {
      $metadata: { httpStatusCode: 200 },
      QueryExecution: {
        QueryExecutionId: id,
        Status: {
          State: state,
          StateChangeReason: reason,
          SubmissionDateTime: new Date(submittedAt),
          CompletionDateTime: completedAt === undefined ? undefined : new Date(completedAt),
        },
        Statistics: { DataScannedInBytes: bytesScanned },
      },
    };
  }

  /** Records how a query ended, however often the disk refuses: its export waits for that. */
  async #saveSurely(ended: Execution): Promise<void> {
    while (!this.#isClosing) {
      try {
        return await this.#records.save(ended);
      } catch (error) {
        this.#options.log(
          'error',
          'The end of a query could not be recorded; it is tried again',
          errorFacts(error),
        );
        await sleep(againMs);
      }
    }
  }

  /** Interrupts the running query; it is FAILED after the next start, and its export starts it again. */
  async close(): Promise<void> {
    this.#isClosing = true;
    // Again and again, since an interrupt just before a statement begins has no effect.
    const timer = setInterval(() => this.#running?.interrupt(), interruptMs);
    await Promise.all([this.#last, this.#expiring]);
    clearInterval(timer);
    this.#database.closeSync();
  }
}
