/**
 * Asks for an export, follows it to its end, and fetches its file, which is checked against the manifest as
 * it is written.
 */
import { createHash } from 'node:crypto';
import { v7 } from 'uuid';
import { type Connection, NoAnswer } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { onInterruption } from '#cli/interruption.ts';
import { say } from '#cli/output.ts';
import type { Progress } from '#cli/progress.ts';
import { readJson, refusalOf } from '#cli/send/refusal.ts';
import type { ExportFormat } from '#domain/export/format.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { Destination } from './destination.ts';

export type Job = {
  id: string;
  status: string;
  scope_id: string | null;
  from: string | null;
  to: string | null;
  requested_by: string | null;
  reason: string | null;
  requested_at: string;
  format?: ExportFormat;
  compression?: 'gzip';
  waiting_for?: string;
  progress?: { slices_done: number; slices: number };
  rows?: number;
  duplicates?: number;
  conflicts?: number;
  reused_ids?: number;
  gaps?: number;
  bytes?: number;
  sha256?: string;
  complete_to?: string;
  warnings?: { code: string; message: string }[];
  failure?: { reason: string; message: string };
};

export type ExportQuestion = {
  scope_id?: string | undefined;
  all_scopes?: true | undefined;
  from?: string | undefined;
  to?: string | undefined;
  requested_by?: string | undefined;
  reason?: string | undefined;
  filter?: Record<string, string | boolean | undefined> | undefined;
  format?: string | undefined;
  compression?: 'gzip' | undefined;
};

const pathOf = (id: string): string => `/v1/exports/${encodePathId(id)}`;

/** Asks, and waits for the end; throws a `Failure` if the export was refused or failed. */
export const runExport = async (
  connection: Connection,
  question: ExportQuestion,
  progress: Progress,
): Promise<Job> => {
  const asked = await connection.fetch('/v1/exports', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': v7() },
    body: JSON.stringify(question),
  });
  return followExport(connection, await readJson<Job>(asked), progress);
};

/** Asks again for an export that failed, and waits for its end. */
export const rerunExport = async (connection: Connection, id: string, progress: Progress): Promise<Job> => {
  const asked = await connection.fetch(`${pathOf(id)}/retry`, { method: 'POST' });
  return followExport(connection, await readJson<Job>(asked), progress);
};

/** Waits for the end of an export; throws a `Failure` if it failed. */
const followExport = async (connection: Connection, asked: Job, progress: Progress): Promise<Job> => {
  const later = `The export goes on without this command; fetch it with "annals export download ${asked.id}"`;
  const forget = onInterruption(() => {
    progress.clear();
    say(later);
  });
  try {
    let job = asked;
    for (let pauseMs = 50; job.status !== 'succeeded'; pauseMs = Math.min(1000, pauseMs * 1.5)) {
      if (job.status === 'failed')
        throw new Failure(
          1,
          `The export failed: ${job.failure?.message ?? 'no reason was given'}; once that is mended, "annals export retry ${job.id}"`,
        );
      progress.say(
        `Export ${job.id}: ${stepOf(job)}`,
        job.progress && job.progress.slices_done / job.progress.slices,
      );
      await new Promise(resolve => setTimeout(resolve, pauseMs));
      job = await fetchJob(connection, job.id);
    }
    return job;
  } catch (error) {
    throw error instanceof NoAnswer ? new Failure(3, `${error.message}. ${later}`, { cause: error }) : error;
  } finally {
    forget();
  }
};

const stepOf = ({ status, waiting_for, progress }: Job): string => {
  if (waiting_for) return `waiting for ${waiting_for}`;
  return progress && progress.slices > 1
    ? `${progress.slices_done} of ${progress.slices} slices done`
    : status;
};

export const fetchJob = async (connection: Connection, id: string): Promise<Job> =>
  readJson<Job>(await connection.fetch(pathOf(id)));

/** What stands beside the file of a succeeded export, as it was sent. */
export type Manifest = { text: string; bytes: number; sha256: string };

export const fetchManifest = async (connection: Connection, id: string): Promise<Manifest> => {
  const response = await connection.fetch(`${pathOf(id)}/manifest`);
  if (!response.ok) throw await refusalOf(response);
  const text = await response.text();
  try {
    return { ...(JSON.parse(text) as Omit<Manifest, 'text'>), text };
  } catch (error) {
    throw new Failure(3, 'The manifest is not JSON: is the URL that of Annals?', { cause: error });
  }
};

/** A link to the file of a succeeded export, which authorizes itself until it expires. */
export const linkOf = async (
  connection: Connection,
  id: string,
): Promise<{ url: string; expires_at: string }> =>
  readJson(await connection.fetch(`${pathOf(id)}/download`, { headers: { accept: 'application/json' } }));

/**
 * Writes the file of a succeeded export to its destination; throws a `Failure` of code 3 unless all of it has
 * arrived.
 */
export const downloadExport = async (
  connection: Connection,
  job: Job,
  destination: Destination,
  progress: Progress,
): Promise<Manifest> => {
  const manifest = await fetchManifest(connection, job.id);
  const { url } = await linkOf(connection, job.id);
  const again = `"annals export download ${job.id}" fetches it again`;
  const response = await fetch(connection.urlOfLink(url)).catch(error => {
    throw new Failure(3, `No answer from where the file is (${causeOf(error)}); ${again}`, { cause: error });
  });
  if (!response.ok || !response.body) throw await refusalOf(response);
  const hash = createHash('sha256');
  let received = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      received += chunk.length;
      await destination.write(chunk);
      progress.say('Downloading', Math.min(1, received / manifest.bytes));
    }
  } catch (error) {
    const reason = error instanceof Failure ? error.message : `The download broke off (${causeOf(error)})`;
    throw new Failure(
      3,
      `${reason}; ${destination.written} of ${manifest.bytes} bytes were written; ${again}`,
      {
        cause: error,
      },
    );
  }
  if (received !== manifest.bytes || hash.digest('hex') !== manifest.sha256)
    throw new Failure(3, `The file that came is not the one that the manifest names; ${again}`);
  return manifest;
};

const causeOf = (error: unknown): string => {
  const { cause, message } = error as Error;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
};
