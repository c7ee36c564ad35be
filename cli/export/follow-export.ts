/** Requests an export, waits for it, and downloads its file, which is checked against the manifest as it is written. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 } from 'uuid';
import { type Connection, NoAnswer } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { onInterruption } from '#cli/interruption.ts';
import { say } from '#cli/output.ts';
import type { Progress } from '#cli/progress.ts';
import { refusalOf } from '#cli/refusal.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import type { Destination } from './destination.ts';

export type Job = Api<'Export'>;

export type ExportBody = {
  scope_id?: string | undefined;
  all_scopes?: true | undefined;
  from?: string | undefined;
  to?: string | undefined;
  requested_by?: string | undefined;
  reason?: string | undefined;
  complete_to?: string | undefined;
  filter?: Job['filter'];
  format?: string | undefined;
  compression?: 'gzip' | undefined;
};

const pathOf = (id: string): string => `/v1/exports/${encodePathId(id)}`;

/** Requests an export and waits for it; throws a `Failure` if it was refused or failed. */
export const runExport = async (
  connection: Connection,
  request: ExportBody,
  progress: Progress,
): Promise<Job> => {
  const requested = await connection.json<Job>('/v1/exports', {
    method: 'POST',
    headers: { 'idempotency-key': v7() },
    body: request,
  });
  return followExport(connection, requested, progress);
};

/** Retries a failed export and waits for it. */
export const rerunExport = async (connection: Connection, id: string, progress: Progress): Promise<Job> =>
  followExport(connection, await connection.json<Job>(`${pathOf(id)}/retry`, { method: 'POST' }), progress);

/** Waits for an export; throws a `Failure` if it failed. */
const followExport = async (connection: Connection, requested: Job, progress: Progress): Promise<Job> => {
  const later = `The export continues on the server; fetch it with "annals export download ${requested.id}"`;
  const forget = onInterruption(() => {
    progress.clear();
    say(later);
  });
  let failedPolls = 0;
  try {
    let job = requested;
    for (let pauseMs = 50; job.status !== 'succeeded'; pauseMs = Math.min(1000, pauseMs * 1.5)) {
      if (job.status === 'failed')
        throw new Failure(
          1,
          `The export failed: ${job.failure?.message ?? 'no reason was given'};` +
            ` once that is fixed, retry with "annals export retry ${job.id}"`,
        );
      progress.say(
        `Export ${job.id}: ${stepOf(job)}`,
        job.progress && job.progress.slices_done / job.progress.slices,
      );
      await sleep(pauseMs);
      try {
        job = await fetchJob(connection, job.id);
        failedPolls = 0;
      } catch (error) {
        if (error instanceof NoAnswer || !isUnknown(error) || ++failedPolls === maxFailedPolls) throw error;
      }
    }
    return job;
  } catch (error) {
    throw isUnknown(error) ? new Failure(3, `${error.message}. ${later}`, { cause: error }) : error;
  } finally {
    forget();
  }
};

/** Whether an error leaves open how the export ends: no answer came, or only one of status 5xx. */
const isUnknown = (error: unknown): error is Error =>
  error instanceof NoAnswer || (error instanceof Failure && error.exitCode === 3);

/** A status of 5xx passes: the gateway timed out, or a function is being replaced. */
const maxFailedPolls = 8;

const stepOf = ({ status, waiting_for, progress }: Job): string => {
  if (waiting_for) return `waiting for ${waiting_for}`;
  return progress && progress.slices > 1
    ? `${progress.slices_done} of ${progress.slices} slices done`
    : status;
};

export const fetchJob = (connection: Connection, id: string): Promise<Job> => connection.json(pathOf(id));

/** The manifest of a succeeded export; `text` is exactly as it was sent. */
export type FetchedManifest = { text: string; bytes: number; sha256: string };

export const fetchManifest = async (connection: Connection, id: string): Promise<FetchedManifest> => {
  const response = await connection.fetch(`${pathOf(id)}/manifest`);
  if (!response.ok) throw await refusalOf(response);
  const text = await response.text();
  try {
    return { ...(JSON.parse(text) as Omit<FetchedManifest, 'text'>), text };
  } catch (error) {
    throw new Failure(3, 'The manifest is not JSON; check that the URL is that of Annals', { cause: error });
  }
};

/** A link to the file of a succeeded export. It needs no authentication, and expires. */
export const linkOf = (connection: Connection, id: string): Promise<Api<'Link'>> =>
  connection.json(`${pathOf(id)}/download`, { headers: { accept: 'application/json' } });

/** Writes the file of a succeeded export; throws a `Failure` of code 3 unless all of it arrives. */
export const downloadExport = async (
  connection: Connection,
  job: Job,
  destination: Destination,
  progress: Progress,
): Promise<FetchedManifest> => {
  const manifest = await fetchManifest(connection, job.id);
  const { url } = await linkOf(connection, job.id);
  const again = `fetch it again with "annals export download ${job.id}"`;
  const response = await fetch(connection.urlOfLink(url)).catch(error => {
    throw new Failure(3, `No response from the URL of the file (${causeOf(error)}); ${again}`, {
      cause: error,
    });
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
    const reason =
      error instanceof Failure ? error.message : `The download was interrupted (${causeOf(error)})`;
    throw new Failure(
      3,
      `${reason}; ${destination.written} of ${manifest.bytes} bytes were written; ${again}`,
      { cause: error },
    );
  }
  if (received !== manifest.bytes || hash.digest('hex') !== manifest.sha256)
    throw new Failure(3, `The downloaded file does not match its manifest; ${again}`);
  return manifest;
};

const causeOf = (error: unknown): string => {
  const { cause, message } = error as Error;
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? message;
};
