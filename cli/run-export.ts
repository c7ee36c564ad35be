/** Asks for an export, follows it to its end, and downloads its file; the file is checked against the job's hash. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { v7 } from 'uuid';
import { type Connection, refusalOf } from './connection.ts';
import { Failure } from './failure.ts';
import type { Progress } from './progress.ts';

export type Job = {
  id: string;
  status: string;
  scope_id: string | null;
  from: string | null;
  to: string | null;
  requested_by: string | null;
  reason: string | null;
  requested_at: string;
  compression?: string;
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
  failure?: { reason: string; message: string };
};

export type ExportQuestion = {
  scope_id?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  requested_by?: string | undefined;
  reason?: string | undefined;
  filter?: Record<string, string | boolean | undefined> | undefined;
  compression?: 'gzip' | undefined;
};

/** Asks, and waits for the end; throws a `Failure` where the export was refused or failed. */
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
  if (asked.status !== 202) throw await refusalOf(asked);
  return followExport(connection, (await asked.json()) as Job, progress);
};

/** Waits for the end of an export; throws a `Failure` where it failed. */
export const followExport = async (connection: Connection, asked: Job, progress: Progress): Promise<Job> => {
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
};

const stepOf = ({ status, waiting_for, progress }: Job): string => {
  if (waiting_for) return `waiting for ${waiting_for}`;
  return progress && progress.slices > 1
    ? `${progress.slices_done} of ${progress.slices} slices done`
    : status;
};

export const fetchJob = async (connection: Connection, id: string): Promise<Job> => {
  const response = await connection.fetch(`/v1/exports/${id}`);
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as Job;
};

/** A link to the file of a succeeded export, which authorizes itself until it expires. */
export const linkOf = async (
  connection: Connection,
  id: string,
): Promise<{ url: string; expires_at: string }> => {
  const response = await connection.fetch(`/v1/exports/${id}/download`, {
    headers: { accept: 'application/json' },
  });
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as { url: string; expires_at: string };
};

/** Downloads the file of a succeeded export to `out`, or to standard output for `-`; it has its name once it is whole. */
export const downloadExport = async (connection: Connection, job: Job, out: string): Promise<void> => {
  const { url } = await linkOf(connection, job.id);
  const response = await fetch(connection.urlOfLink(url));
  if (!response.ok || !response.body) throw await refusalOf(response);
  const hash = createHash('sha256');
  const hashing = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const partial = `${out}.part`;
  try {
    if (out === '-')
      await pipeline(Readable.fromWeb(response.body as never), hashing, process.stdout, { end: false });
    else await pipeline(Readable.fromWeb(response.body as never), hashing, createWriteStream(partial));
    if (hash.digest('hex') !== job.sha256)
      throw new Failure(3, 'The file that came is not the one that the export made; download it again');
    if (out !== '-') await rename(partial, out);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
};
