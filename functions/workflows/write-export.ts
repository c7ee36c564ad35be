/**
 * Turns the outputs of an export's queries into its file and its manifest. A repeat gives the same file, and
 * the first one stays.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Objects } from '#aws/objects.ts';
import type { Query, QueryStatus } from '#aws/query.ts';
import type { Gaps } from '#aws/state/gaps.ts';
import { type RecordKind, readRecord } from '#aws/state/record.ts';
import { exportWarnings } from '#domain/export/export-warning.ts';
import { ExportFile, type ExportSummary } from '#domain/export/file.ts';
import { fileKindOf } from '#domain/export/format.ts';
import type { ExportJob, ExportResult } from '#domain/export/job.ts';
import { exportFileKey, manifestKey, queryOutputKey } from '#domain/export/layout.ts';
import { type Manifest, makeManifest } from '#domain/export/manifest.ts';
import { reportedGaps } from '#domain/export/reported-gaps.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { countRefused } from './count-refused.ts';
import { bucketsOf } from './plan-export.ts';

type CompletingWorld = {
  buckets: number;
  state: Objects;
  results: Objects;
  gaps: Gaps;
  query: Query;
  nowMs(): number;
};
type Succeeded = Extract<QueryStatus, { state: 'succeeded' }>;

/** `last` is the status of the last slice's query; those before it have succeeded. */
export const completeExport = async (
  world: CompletingWorld,
  job: ExportJob,
  last: Succeeded,
): Promise<ExportResult> => {
  const buckets = bucketsOf(world, job);
  const summary = await writeFile(world, job);
  const earlier = await Promise.all(
    job.queryExecutionIds.slice(0, -1).map(async id => {
      const status = await world.query.status(id);
      return status.state === 'succeeded' ? status.bytesScanned : 0;
    }),
  );
  const warnings = exportWarnings(job, summary);
  const manifest = await writeManifest(
    world,
    job,
    makeManifest({
      job,
      summary,
      warnings,
      gaps: reportedGaps(job, buckets, await world.gaps.of(buckets)),
      refused: await countRefused(world.state, job),
      bytesScanned: [...earlier, last.bytesScanned],
      completedAt: instantOfMilliseconds(world.nowMs()),
    }),
  );
  const { rows, duplicates, in_earlier_runs, filtered, conflicts, reused_ids, bytes, sha256 } = summary;
  return {
    rows,
    duplicates,
    in_earlier_runs,
    filtered,
    conflicts,
    reused_ids,
    bytes,
    sha256,
    bytes_scanned: manifest.bytes_scanned,
    gaps: manifest.gaps.length,
    refused: manifest.refused,
    ...(warnings.length > 0 ? { warnings: warnings.map(({ first, ...warning }) => warning) } : {}),
  };
};

const writeFile = async ({ results }: CompletingWorld, job: ExportJob): Promise<ExportSummary> => {
  const { format, compression, filter } = job.request;
  const file = new ExportFile(job.run?.filed_from ?? undefined, format, filter);
  let summary: ExportSummary | undefined;
  const written = async function* (): AsyncGenerator<Buffer> {
    for (const [at, query] of job.queryExecutionIds.entries()) {
      if (at > 0) file.nextOutput();
      for await (const chunk of await results.read(queryOutputKey(query))) yield file.push(chunk);
    }
    // Must happen before the last piece is sent: an incomplete output must not become an object.
    summary = file.end();
  };
  const compressed = compression === 'gzip' ? gzipped(written()) : undefined;
  const { extension, contentType } = fileKindOf(job.request);
  const name = `audit-log-${job.requestedAt.slice(0, 10)}-${job.id.slice(0, 8)}.${extension}`;
  const key = exportFileKey(job.id, job.retries, job.request);
  const outcome = await results.createFrom(key, compressed?.pieces ?? written(), {
    contentType,
    contentDisposition: `attachment; filename="${name}"`,
  });
  const whole = { ...summary!, ...compressed?.measure() };
  if (outcome === 'exists' && (await results.size(key)) !== whole.bytes)
    throw new Error(`The file of export ${job.id} already exists with another size`);
  return whole;
};

/** Pieces that stay what they are while more are made. */
async function* kept(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of pieces) yield Buffer.from(piece);
}

/** The size and the hash are those of the gzipped file, as it is downloaded. */
const gzipped = (pieces: AsyncIterable<Buffer>) => {
  const hash = createHash('sha256');
  let bytes = 0;
  const measured = async function* (): AsyncGenerator<Buffer> {
    const source = Readable.from(kept(pieces));
    const gzip = createGzip();
    source.on('error', error => gzip.destroy(error));
    for await (const chunk of source.pipe(gzip) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  return { pieces: measured(), measure: () => ({ bytes, sha256: hash.digest('hex') }) };
};

/** The manifest that is stored: if two processes finish, that of the first. */
const writeManifest = async (
  { results }: CompletingWorld,
  { id, retries }: ExportJob,
  manifest: Manifest,
): Promise<Manifest> => {
  const key = manifestKey(id, retries);
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  if ((await results.create(key, bytes, { contentType: 'application/json' })) === 'created') return manifest;
  return readRecord((await results.get(key))!, manifestRecord);
};

export const manifestRecord: RecordKind<Manifest> = {
  isWhole: ({ id, gaps }) => typeof id === 'string' && Array.isArray(gaps),
  cure: 'Restore it from a copy, or ask for the export again',
};
