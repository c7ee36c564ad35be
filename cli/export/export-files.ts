/** The files that an export becomes: the file, by the name that was asked for, and the manifest beside it. */
import { basename, dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import type { Connection } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import type { Progress } from '#cli/progress.ts';
import { standardOutput } from '#cli/terminal.ts';
import { fileKindOf } from '#domain/export/format.ts';
import { type Destination, openDestination, openDestinationIn } from './destination.ts';
import { downloadExport, type Job } from './follow-export.ts';

/** Where both files are to go; `manifest` is undefined if the file is not one that it could stand beside. */
export type ExportFiles = { file: Destination; manifest: Destination | undefined; out: string | undefined };

/** `acme.csv` and `acme.csv.gz` have `acme.manifest.json` beside them. */
const manifestName = (out: string): string =>
  `${out.replace(/(?:\.csv|\.ndjson)?(?:\.gz)?$/i, '')}.manifest.json`;

/** Looks at the places of both before the export is asked for; without a name they are named by its id. */
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
      `${manifestName(out!)} is in the way of the manifest, and is not a file; choose another --out`,
    );
  } catch (error) {
    await file.discard();
    throw error;
  }
};

/** A name has to say what is in the file. */
export const requireHonestName = (out: string | undefined, isGzipped: boolean): void => {
  if (out === undefined) return;
  if (out === '-' && isGzipped && isatty(standardOutput))
    throw new Failure(2, 'The file is gzipped, which no terminal shows; name a file with --out');
  if (isGzipped && /\.(?:csv|ndjson)$/i.test(out))
    throw new Failure(2, `The file is gzipped, and ${out} would not say so; name it ${basename(out)}.gz`);
  if (!isGzipped && /\.gz$/i.test(out))
    throw new Failure(
      2,
      `The file is not gzipped, as ${out} would say; leave .gz out, or export with --gzip`,
    );
};

/** Fetches both files, and gives them their names once both are whole; gives the names. */
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
