/** The files of an export: the export itself, and its manifest beside it. */
import { basename, dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import type { Connection } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import type { Progress } from '#cli/progress.ts';
import { standardOutput } from '#cli/terminal.ts';
import { fileKindOf } from '#domain/export/format.ts';
import { type Destination, openDestination, openDestinationIn } from './destination.ts';
import { downloadExport, type Job } from './follow-export.ts';

/** `manifest` is undefined if the export is not written to a regular file. */
export type ExportFiles = { file: Destination; manifest: Destination | undefined; out: string | undefined };

/** `acme.manifest.json` for `acme.csv` and `acme.csv.gz`. */
const manifestName = (out: string): string =>
  `${out.replace(/(?:\.csv|\.ndjson)?(?:\.gz)?$/i, '')}.manifest.json`;

/** Opens both before the export is requested; without a name they will be named by its id. */
export const openExportFiles = async (out: string | undefined): Promise<ExportFiles> => {
  const file = out === undefined ? await openDestinationIn('.') : await openDestination(out);
  if (file.kind !== 'file') return { file, manifest: undefined, out };
  try {
    const manifest =
      out === undefined ? await openDestinationIn('.') : await openDestination(manifestName(out));
    if (manifest.kind === 'file') return { file, manifest, out };
    await manifest.discard();
    throw new Failure(
      2,
      `The manifest cannot be written: ${manifestName(out!)} is not a file; choose another --out`,
    );
  } catch (error) {
    await file.discard();
    throw error;
  }
};

/** The name of a file must match its compression. */
export const requireHonestName = (out: string | undefined, isGzipped: boolean): void => {
  if (out === undefined) return;
  if (out === '-' && isGzipped && isatty(standardOutput))
    throw new Failure(2, 'A terminal cannot show a gzip file; name a file with --out');
  if (isGzipped && /\.(?:csv|ndjson)$/i.test(out))
    throw new Failure(
      2,
      `The name ${out} must end in .gz, since the file is gzip; name it ${basename(out)}.gz`,
    );
  if (!isGzipped && /\.gz$/i.test(out))
    throw new Failure(
      2,
      `The name ${out} ends in .gz, but the file is not gzip; leave out .gz, or export with --gzip`,
    );
};

/** Downloads both files, names them once both are complete, and returns the names. */
export const writeExportFiles = async (
  connection: Connection,
  job: Job,
  { file, manifest, out }: ExportFiles,
  progress: Progress,
): Promise<{ file: string; manifest: string | undefined }> => {
  const name = out ?? `audit-log-${job.id}.${fileKindOf(job).extension}`;
  const { text } = await downloadExport(connection, job, file, progress);
  if (!manifest) {
    await file.finish();
    return { file: file.name, manifest: undefined };
  }
  await manifest.write(Buffer.from(text));
  const beside = join(dirname(name), basename(manifestName(name)));
  await file.finish(out === undefined ? name : undefined);
  await manifest.finish(out === undefined ? beside : undefined);
  return { file: name, manifest: beside };
};

export const discardExportFiles = async ({ file, manifest }: ExportFiles): Promise<void> => {
  await file.discard();
  await manifest?.discard();
};
