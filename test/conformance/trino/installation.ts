/**
 * An embedded installation that was fed and asked for exports, and was stopped: its ledger, and the jobs it has
 * done.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { systemBackoff } from '#aws/backoff.ts';
import { Objects } from '#aws/objects.ts';
import { ExportJobs } from '#aws/state/export-jobs.ts';
import type { ExportJob } from '#domain/export/job.ts';
import { makeDirectory } from '#embedded/files.ts';
import { type Installation, startInstallation } from '#embedded/installation.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';

const bucketsOf = (directory: string): string => join(directory, 'data', 'buckets');
export const ledgerOf = (directory: string): string => join(bucketsOf(directory), 'ledger');

/** The exports wait for each other, and the machine may be busy. */
const exportMs = 900_000;

/** `exports` are bodies of `POST /v1/exports`. */
export const feed = async (
  directory: string,
  requests: readonly string[][],
  exports: readonly object[],
): Promise<ExportJob[]> => {
  const data = join(directory, 'data');
  const installation = await startInstallation({
    data,
    tickMs: 200,
    eventSource: { windowMs: 10 },
    log: () => undefined,
  });
  let ids: string[];
  try {
    for (const events of requests) {
      const answer = await post(installation, 'emitter', '/v1/events', `[${events.join(',')}]`);
      if (answer.status !== 202) throw new Error(`The events were refused: ${JSON.stringify(answer)}`);
    }
    ids = await Promise.all(exports.map(question => exportLog(installation, question)));
  } finally {
    await installation.stop();
  }
  const jobs = await openJobs(bucketsOf(directory), join(directory, 'tmp'));
  return Promise.all(ids.map(async id => (await jobs.get(id))!));
};

type Answer = { status: number; id?: string; [member: string]: unknown };

const call = async (
  { url, keys }: Installation,
  role: 'emitter' | 'operator',
  path: string,
  init: RequestInit = {},
): Promise<Answer> => {
  const headers = { authorization: `Bearer ${keys[role]}`, 'content-type': 'application/json' };
  const response = await fetch(new URL(path, url), { ...init, headers });
  return { ...((await response.json()) as object), status: response.status };
};

const post = (installation: Installation, role: 'emitter' | 'operator', path: string, body: string) =>
  call(installation, role, path, { method: 'POST', body });

const exportLog = async (installation: Installation, question: object): Promise<string> => {
  const { id, ...answer } = await post(installation, 'operator', '/v1/exports', JSON.stringify(question));
  if (id === undefined) throw new Error(`The export was refused: ${JSON.stringify(answer)}`);
  for (const until = Date.now() + exportMs; Date.now() < until; await sleep(20)) {
    const response = await fetch(new URL(`/v1/exports/${id}`, installation.url), {
      headers: { authorization: `Bearer ${installation.keys.operator}` },
    });
    const job = (await response.json()) as { status: string };
    if (job.status === 'succeeded') return id;
    if (job.status === 'failed') throw new Error(`The export failed: ${JSON.stringify(job)}`);
  }
  throw new Error(`The export ${id} did not end in time`);
};

const openJobs = async (buckets: string, temporary: string): Promise<ExportJobs> => {
  await makeDirectory(temporary);
  const s3 = new EmbeddedS3(buckets, temporary, ['state']);
  await s3.open();
  return new ExportJobs(new Objects(s3 as unknown as Pick<S3Client, 'send'>, 'state', systemBackoff));
};
