/** The health that only a process beside its disk can know: whether events can be taken, and are filed. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { type HealthProblem, healthProblem } from '#domain/health.ts';
import type { KeyRing } from '#embedded/access/key-ring.ts';
import type { EventSource } from '#embedded/stream/event-source.ts';
import type { EmbeddedKinesis } from '#embedded/stream/kinesis.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import { isDiskLow } from './disk-reserve.ts';
import { codeOf, isDiskFull, writeTemporary } from './files.ts';

export type LocalWorld = {
  kinesis: EmbeddedKinesis;
  eventSource: EventSource;
  keys: Pick<KeyRing, 'problems'>;
  temporary: string;
  /** What stands still, or is behind. */
  stages(): HealthProblem[];
  isLow?: (path: string) => Promise<boolean>;
  log: Log;
};

const leastProbeBytes = 4096;

export const localProblems =
  ({ kinesis, eventSource, keys, temporary, stages, isLow = isDiskLow, log }: LocalWorld) =>
  async (): Promise<HealthProblem[]> => {
    const problems: HealthProblem[] = [];
    // As much as the last failed write: a disk with less space than that is full.
    const disk = await failureOf(() =>
      probe(temporary, Math.max(leastProbeBytes, kinesis.failure?.bytes ?? 0)),
    );
    const stream = disk ?? (await failureOf(() => kinesis.mend()));
    if (stream !== undefined) log('error', 'Events cannot be taken', errorFacts(stream));
    if (disk !== undefined) problems.push(diskProblem(disk));
    else if (stream !== undefined) problems.push(healthProblem('stream_broken'));
    if (eventSource.isFailing) problems.push(healthProblem('filing_fails', '; the operational log says why'));
    if (disk === undefined && (await isLow(temporary))) problems.push(healthProblem('disk_low'));
    return [...problems, ...stages(), ...keys.problems()];
  };

const probe = async (temporary: string, bytes: number): Promise<void> => {
  await rm(await writeTemporary(temporary, randomBytes(bytes)));
};

const failureOf = async (work: () => Promise<void>): Promise<unknown> => {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
};

const diskProblem = (error: unknown): HealthProblem => {
  if (isDiskFull(error)) return healthProblem('disk_full');
  return healthProblem(codeOf(error) === 'EROFS' ? 'disk_read_only' : 'disk_failing');
};
