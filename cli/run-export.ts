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
  waiting_for?: string;
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
  let job = (await asked.json()) as Job;
  for (let pauseMs = 50; job.status !== 'succeeded'; pauseMs = Math.min(1000, pauseMs * 1.5)) {
    if (job.status === 'failed')
      throw new Failure(1, `The export failed: ${job.failure?.message ?? 'no reason was given'}`);
    progress.say(`Export ${job.id}: ${job.waiting_for ? `waiting for ${job.waiting_for}` : job.status}`);
    await new Promise(resolve => setTimeout(resolve, pauseMs));
    const response = await connection.fetch(`/v1/exports/${job.id}`);
    if (!response.ok) throw await refusalOf(response);
    job = (await response.json()) as Job;
  }
  return job;
};

/** Downloads the file of a succeeded export to `out`, or to standard output for `-`; it has its name once it is whole. */
export const downloadExport = async (connection: Connection, job: Job, out: string): Promise<void> => {
  const link = await connection.fetch(`/v1/exports/${job.id}/download`, {
    headers: { accept: 'application/json' },
  });
  if (!link.ok) throw await refusalOf(link);
  const response = await fetch(((await link.json()) as { url: string }).url);
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
