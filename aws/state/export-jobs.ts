/**
 * The export jobs, each with its event log; the index of active jobs; and the indexes by time, so that
 * nothing ever scans the history. The indexes are written before the job: an entry without a job is harmless,
 * a job without an entry would be forgotten.
 */

import { fewAtOnce, foldsAtOnce } from '#aws/few-at-once.ts';
import type { Objects } from '#aws/objects.ts';
import { type ExportEvent, type ExportJob, evolve, isOpen } from '#domain/export/job.ts';
import {
  activeExportKey,
  activeExportsPrefix,
  allExportsPrefix,
  exportIdOfActiveKey,
  exportIdOfIndexKey,
  exportIndexName,
  exportPrefix,
  exportsOfScopePrefix,
  requestedAtMsOfIndexKey,
} from '#domain/export/layout.ts';
import { type Instant, instantOfMilliseconds } from '#domain/time.ts';
import { EventLog } from './event-log.ts';
import { encodeRecord, isUnreadable, orUnreadable, type UnreadableRecord } from './record.ts';

/** The key of an entry says everything. */
const emptyEntry = encodeRecord({});
const cure = 'Restore it from a copy; without one this export can no longer be shown: ask for a new one';

/** An existing job with damaged records. */
export type UnreadableJob = { id: string; requestedAt: Instant; error: UnreadableRecord };

export class ExportJobs {
  readonly #state: Objects;
  readonly #events: EventLog<ExportJob, ExportEvent>;
  constructor(state: Objects) {
    this.#state = state;
    this.#events = new EventLog(state, { evolve, cure });
  }

  /** Throws `UnreadableRecord` if one of its events is damaged. */
  get(id: string): Promise<ExportJob | undefined> {
    return this.#events.get(exportPrefix(id));
  }

  /** Stores a new job; false if a job with this id exists. */
  async create(event: Extract<ExportEvent, { type: 'asked' }>): Promise<boolean> {
    const name = exportIndexName(Date.parse(event.at), event.id);
    await Promise.all([
      this.#state.create(activeExportKey(event.id), emptyEntry),
      this.#state.create(`${allExportsPrefix}${name}`, emptyEntry),
      this.#state.create(`${exportsOfScopePrefix(event.request.scope_id)}${name}`, emptyEntry),
    ]);
    const created = await this.#events.append(exportPrefix(event.id), undefined, event);
    // Tick may just have dropped the entry, taking it for one whose job was never stored.
    await this.reopen(event.id);
    return created !== undefined;
  }

  /** Adds a job to the index of active jobs, unless it is in it. */
  async reopen(id: string): Promise<void> {
    await this.#state.create(activeExportKey(id), emptyEntry);
  }

  /** Appends an event to the job that was read; undefined if somebody else has advanced it. */
  async append(job: ExportJob, event: ExportEvent): Promise<ExportJob | undefined> {
    const next = await this.#events.append(exportPrefix(job.id), job, event);
    if (next && !isOpen(next)) await this.#state.delete(activeExportKey(job.id));
    return next;
  }

  /** The ids of the jobs that have not ended. */
  async *active(): AsyncGenerator<{ id: string; since: Date }> {
    for await (const { key, writtenAt } of this.#state.list(activeExportsPrefix))
      yield { id: exportIdOfActiveKey(key), since: writtenAt };
  }

  /** Removes a job from the index of active jobs. */
  close(id: string): Promise<void> {
    return this.#state.delete(activeExportKey(id));
  }

  /** The newest jobs of an index after a cursor, and the cursor of the next page. */
  async page(
    prefix: string,
    limit: number,
    cursor: string | undefined,
  ): Promise<{ jobs: (ExportJob | UnreadableJob)[]; cursor: string | undefined }> {
    const keys: string[] = [];
    const after = cursor === undefined ? undefined : `${prefix}${cursor}`;
    for await (const { key } of this.#state.list(prefix, after, limit + 1)) keys.push(key);
    const shown = keys.slice(0, limit);
    const jobs = await fewAtOnce(
      shown,
      async key => {
        const id = exportIdOfIndexKey(key);
        const job = await orUnreadable(this.get(id));
        if (isUnreadable(job))
          return { id, requestedAt: instantOfMilliseconds(requestedAtMsOfIndexKey(key)), error: job };
        // Two requests with the same idempotency key may both have made an entry; the job tells which one is
        // its own.
        return job && key.endsWith(`/${exportIndexName(Date.parse(job.requestedAt), job.id)}`)
          ? job
          : undefined;
      },
      foldsAtOnce,
    );
    const last = shown[shown.length - 1];
    return {
      jobs: jobs.filter(job => job !== undefined),
      cursor: keys.length > limit && last !== undefined ? last.slice(prefix.length) : undefined,
    };
  }
}
