/**
 * Exports as the embedded server makes them, without its HTTP API: planned from what is known of segments and ledger,
 * queried by DuckDB slice after slice, deduplicated, hashed, written and synced.
 */
import { join } from 'node:path';
import { systemBackoff } from '#aws/backoff.ts';
import { Ledger } from '#aws/ledger.ts';
import { Objects } from '#aws/objects.ts';
import { Query } from '#aws/query.ts';
import { Segments } from '#aws/segments.ts';
import { Compactions } from '#aws/state/compactions.ts';
import { ExportFile } from '#domain/export/file.ts';
import { maxSliceBytes } from '#domain/export/slices.ts';
import type { Instant } from '#domain/time.ts';
import { makeDirectory } from '#embedded/files.ts';
import { EmbeddedAthena } from '#embedded/query/athena.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';
import { planExport } from '#functions/workflows/plan-export.ts';

export type ExportEngine = {
  state: Objects;
  views: Objects;
  /** The file is deleted again. */
  export(
    request: { scope_id: string; from?: Instant; to?: Instant },
    completeTo: Instant,
  ): Promise<{ rows: number; statements: number; bytes: number }>;
  close(): Promise<void>;
};

export const engineBuckets = 32;

export const openExportEngine = async (directory: string): Promise<ExportEngine> => {
  const temporary = join(directory, 'tmp');
  await makeDirectory(temporary);
  const names = ['ledger', 'state', 'views', 'results'];
  const s3 = new EmbeddedS3(join(directory, 'buckets'), temporary, names);
  await s3.open();
  const [ledger, state, views, results] = names.map(
    name => new Objects(s3 as never, name, systemBackoff),
  ) as [Objects, Objects, Objects, Objects];
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
  const query = new Query(athena as never, { workGroup: 'annals', database: 'annals', results: 'results' });
  const places = { compactions: new Compactions(state), views, ledger: new Ledger(ledger) };
  const world = {
    buckets: engineBuckets,
    ledger: places.ledger,
    segments: new Segments(places),
    maxSliceBytes,
    log: (_: string, message: string) => {
      throw new Error(message);
    },
    metrics: () => undefined,
  };
  let n = 0;
  /** Runs a statement; returns the key of its output. */
  const run = async (statement: Parameters<Query['start']>[0]): Promise<string> => {
    const end = new Promise<void>(resolve => {
      ended = resolve;
    });
    const id = await query.start(statement, `bench-${'x'.repeat(32)}-${++n}`);
    await end;
    const status = await query.status(id);
    if (status.state !== 'succeeded') throw new Error(`The query ended as ${status.state}`);
    return status.outputKey;
  };
  return {
    state,
    views,
    export: async (request, completeTo) => {
      const { statements } = await planExport(world, { request, run: undefined }, { completeTo });
      const outputs: string[] = [];
      for (const statement of statements) outputs.push(await run(statement));
      const file = new ExportFile();
      const pieces = async function* () {
        for (const [at, output] of outputs.entries()) {
          if (at > 0) file.nextOutput();
          for await (const chunk of await results.read(output)) yield file.push(chunk);
        }
      };
      const key = `exports/${n}.csv`;
      await results.createFrom(key, pieces());
      const { rows, bytes } = file.end();
      for (const written of [key, ...outputs]) await results.delete(written);
      return { rows, statements: statements.length, bytes };
    },
    close: () => athena.close(),
  };
};
