/**
 * Restores entries that the state's indexes have lost: without them a schedule would never be due, and an
 * open export would be forgotten. Entries are written before what they are for, so a missing one was removed
 * or damaged.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportJobs } from '#aws/state/export-jobs.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import type { Schedules } from '#aws/state/schedules.ts';
import { isOpen } from '#domain/export/job.ts';
import { allExportsPrefix } from '#domain/export/layout.ts';
import { schedulesPrefix } from '#domain/schedule/layout.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import { asAbsent } from './files.ts';

/** The newest, which include all open ones: an export is open for hours at most. */
const newestExports = 100;

type World = {
  /** The folder of the state's bucket. */
  directory: string;
  schedules: Schedules;
  jobs: ExportJobs;
  log: Log;
};

export const restoreIndexes = async ({ directory, schedules, jobs, log }: World): Promise<void> => {
  const reminded = await schedules.reminded();
  for (const prefix of await prefixesOfSchedules(directory)) {
    if (reminded.has(prefix)) continue;
    const schedule = await orUnreadable(schedules.at(prefix));
    if (isUnreadable(schedule)) log('error', 'A record is damaged', errorFacts(schedule));
    else if (schedule) await schedules.remind(schedule);
  }
  for (const job of (await jobs.page(allExportsPrefix, newestExports, undefined)).jobs)
    if (!('error' in job) && isOpen(job)) await jobs.reopen(job.id);
};

const prefixesOfSchedules = async (directory: string): Promise<string[]> => {
  const root = join(directory, schedulesPrefix);
  const prefixes: string[] = [];
  for (const scope of await foldersIn(root))
    for (const id of await foldersIn(join(root, scope))) prefixes.push(`${schedulesPrefix}${scope}/${id}/`);
  return prefixes;
};

const foldersIn = async (directory: string): Promise<string[]> => {
  const entries = (await readdir(directory, { withFileTypes: true }).catch(asAbsent)) ?? [];
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => name);
};
