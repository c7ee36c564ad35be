/**
 * Lambda's event source mapping for a stream. Checked against the Lambda guide of November 2026.
 *
 * Serves: one run at a time and in order per shard, and the children of a shard after it; batch size, window
 * and payload limit; partial batch responses; bisecting a batch whose run threw; retries without a limit in
 * number, with one in age; given-up records go to the on-failure destination with their data; a checkpoint
 * that survives the process.
 *
 * Refuses: nothing; it does not do what its options do not name (filters, tumbling windows, parallelization).
 *
 * Differs: a checkpoint follows each run that succeeded, also of a part of a batch; it starts at
 * TRIM_HORIZON; the age of a record counts from the start of the process at the earliest.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import { Checkpoints } from './checkpoints.ts';
import type { StreamRecord } from './frame.ts';
import { givenUp } from './given-up.ts';
import type { EmbeddedKinesis, StreamShard } from './kinesis.ts';
import { kinesisEvent } from './kinesis-event.ts';
import { Progress } from './progress.ts';
import { noHint, type ReadHint, readBytes } from './shard.ts';
import { Windows } from './windows.ts';

export type EventSourceOptions = {
  stream: EmbeddedKinesis;
  /** The folder of checkpoints, and a folder on the same file system for unfinished ones. */
  directory: string;
  temporary: string;
  invoke(event: KinesisStreamEvent): Promise<KinesisStreamBatchResponse>;
  /** Puts an object to the on-failure destination; throws if that fails. */
  putFailure(key: string, body: Buffer): Promise<unknown>;
  /** Called after each run that succeeded. */
  onSuccess?: () => void;
  /** How far a shard is known to be filed: reading begins no later, whatever its checkpoint says. */
  filedUntil?: (shard: string) => Promise<bigint>;
  batchSize: number;
  windowMs: number;
  /** Lambda's 6 MB, which counts the base64 of the data. */
  maxPayloadBytes: number;
  maxRecordAgeMs: number;
  maxPauseMs: number;
  nowMs: () => number;
  log: Log;
};

/** A run may fail once or twice without being in trouble. */
const manyFailures = 3;

/** Base64 makes four bytes of three. */
const dataPerPayload = 0.75;

export class EventSource {
  readonly windows = new Windows();
  readonly progress = new Progress();
  readonly #options: EventSourceOptions;
  readonly #stopping = new AbortController();
  readonly #loops = new Map<string, Promise<void>>();
  /** Shards that have ended and have been read to their end. */
  readonly #drained = new Set<string>();
  readonly #wake = new Set<() => void>();
  readonly #checkpoints: Checkpoints;
  /** What an earlier process gave up in each shard, if it was not filed. */
  readonly #passed = new Map<string, bigint>();

  /** How often in a row each shard could not continue. */
  readonly #failures = new Map<string, number>();

  readonly #startedMs: number;

  constructor(options: EventSourceOptions) {
    this.#options = options;
    this.#startedMs = options.nowMs();
    // Each shard may sleep.
    setMaxListeners(0, this.#stopping.signal);
    this.#checkpoints = new Checkpoints(options.directory, options.temporary, options.log);
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Whether a shard fails again and again. */
  get isFailing(): boolean {
    return [...this.#failures.values()].some(failures => failures >= manyFailures);
  }

  #failed(shard: string): void {
    this.#failures.set(shard, (this.#failures.get(shard) ?? 0) + 1);
  }

  /** Reads every shard whose parents have been read to their end; called again whenever one has. */
  start(): void {
    if (this.#isStopping) return;
    for (const shard of this.#options.stream.shards)
      if (!this.#loops.has(shard.id) && shard.parents.every(parent => this.#drained.has(parent)))
        this.#loops.set(shard.id, this.#run(shard));
  }

  /** Lets the current runs end, and starts no others. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.windows.close();
    this.progress.close();
    for (const wake of this.#wake) wake();
    await Promise.all(this.#loops.values());
  }

  async #run(its: StreamShard): Promise<void> {
    const shard = its.id;
    const { stream, batchSize, maxPayloadBytes, windowMs, log } = this.#options;
    let position: bigint | undefined;
    const hint = noHint();
    const maxBytes = Math.floor(maxPayloadBytes * dataPerPayload);
    const most = { maxCount: batchSize, maxBytes };
    while (!this.#isStopping) {
      try {
        if (position === undefined) {
          position = await this.#startOf(shard);
          this.progress.note(shard, position);
        }
        const hintBefore = { ...hint };
        // Checked before reading: a shard that has ended by then has no later records.
        const hasEnded = stream.hasEnded(shard);
        let records = await stream.read(shard, position, most, hint);
        if (records.length === 0) {
          if (hasEnded) {
            this.#drained.add(shard);
            this.start();
            return;
          }
          this.#failures.delete(shard);
          await this.#forRecords(shard, position, hint);
          continue;
        }
        const { sequence } = records[records.length - 1]!;
        const [next] = await stream.read(shard, sequence, { maxCount: 1, maxBytes: 1 }, { ...hint });
        const bytes = records.reduce((sum, record) => sum + readBytes(record), 0);
        const isFull = records.length === batchSize || (next && bytes + readBytes(next) > maxBytes);
        if (!isFull) {
          const unsubscribe = stream.onRecords(shard, () => {
            if (bytes + its.bytesAfter(hint) > maxBytes) this.windows.end(shard);
          });
          await this.windows.pass(shard, position, windowMs).finally(unsubscribe);
          records = await stream.read(shard, position, most, Object.assign(hint, hintBefore));
        }
        position = await this.#deliver(shard, records, position);
        await stream.trim(shard, position);
      } catch (error) {
        // Reading the stream or writing the checkpoint failed: nothing was skipped.
        this.#failed(shard);
        log('error', 'The event source could not go on; it tries again', { shard, ...errorFacts(error) });
        await this.#sleep(this.#options.maxPauseMs);
      }
    }
  }

  /**
   * Runs the handler until it has taken all of the records; returns the position after them, or where it
   * stopped.
   */
  async #deliver(shard: string, batch: readonly StreamRecord[], from: bigint): Promise<bigint> {
    const { invoke, log, nowMs, maxRecordAgeMs } = this.#options;
    let position = from;
    // Parts of the batch that are still to be taken, in order; bisecting divides the first.
    const parts: (readonly StreamRecord[])[] = [batch];
    let failures = 0;
    while (parts.length > 0 && !this.#isStopping) {
      const part = parts[0]!;
      // A record does not grow old while nothing runs that could file it: a stopped server, or a backup.
      const ageOf = ({ arrivalMs }: StreamRecord) => nowMs() - Math.max(arrivalMs, this.#startedMs);
      const firstFresh = part.findIndex(record => ageOf(record) <= maxRecordAgeMs);
      const expired = firstFresh < 0 ? part : part.slice(0, firstFresh);
      if (expired.length > 0) {
        const left = expired.filter(({ sequence }) => sequence > (this.#passed.get(shard) ?? 0n));
        if (left.length > 0) await this.#giveUp(shard, left);
        position = await this.#advance(shard, expired);
        parts[0] = part.slice(expired.length);
        if (parts[0].length === 0) parts.shift();
        continue;
      }
      try {
        const taken = takenOf(part, await invoke(this.#event(shard, part)));
        if (taken > 0) {
          position = await this.#advance(shard, part.slice(0, taken));
          failures = 0;
          this.#failures.delete(shard);
          this.#options.onSuccess?.();
        }
        if (taken === part.length) parts.shift();
        else {
          parts[0] = part.slice(taken);
          if (taken === 0) await this.#pauseAfter(++failures);
        }
      } catch (error) {
        failures += 1;
        this.#failed(shard);
        log('warn', 'A batch failed and is tried again', {
          shard,
          records: part.length,
          failures,
          ...errorFacts(error),
        });
        if (part.length > 1) {
          const middle = Math.ceil(part.length / 2);
          parts.splice(0, 1, part.slice(0, middle), part.slice(middle));
        }
        await this.#pauseAfter(failures);
      }
    }
    return position;
  }

  #pauseAfter(failures: number): Promise<void> {
    return this.#sleep(Math.min(this.#options.maxPauseMs, 10 * 2 ** failures) * Math.random());
  }

  async #giveUp(shard: string, records: readonly StreamRecord[]): Promise<void> {
    const { putFailure, log, nowMs, stream } = this.#options;
    const { key, body } = givenUp(this.#event(shard, records), { arn: stream.arn, shard, atMs: nowMs() });
    await putFailure(key, body);
    log('error', 'Records that grew too old were given up', { shard, records: records.length, key });
  }

  #event(shard: string, records: readonly StreamRecord[]): KinesisStreamEvent {
    return kinesisEvent(this.#options.stream.arn, shard, records);
  }

  /**
   * Where reading begins: at the checkpoint, or earlier if that is not filed. Either the records in between
   * were given up, or the checkpoint is wrong. Records that have been filed after all are duplicates, which
   * exports drop.
   */
  async #startOf(shard: string): Promise<bigint> {
    const { stream, filedUntil } = this.#options;
    const checkpoint = await this.#checkpoints.read(shard);
    if (!checkpoint || (checkpoint.stream !== undefined && checkpoint.stream !== stream.id)) return 0n;
    if (checkpoint.stream !== undefined) this.#passed.set(shard, checkpoint.sequence);
    const filed = await filedUntil?.(shard);
    return filed !== undefined && filed < checkpoint.sequence ? filed : checkpoint.sequence;
  }

  async #advance(shard: string, taken: readonly StreamRecord[]): Promise<bigint> {
    const { sequence } = taken[taken.length - 1]!;
    await this.#checkpoints.write(shard, this.#options.stream.id, sequence);
    this.progress.note(shard, sequence);
    return sequence;
  }

  /** Waits for records after `position`; looks again to notice those that came since the last read. */
  async #forRecords(shard: string, position: bigint, hint: ReadHint): Promise<void> {
    let stopListening = (): void => undefined;
    await new Promise<void>((resolve, reject) => {
      const unsubscribe = this.#options.stream.onRecords(shard, resolve);
      stopListening = () => {
        unsubscribe();
        this.#wake.delete(resolve);
      };
      this.#wake.add(resolve);
      this.#options.stream
        .read(shard, position, { maxCount: 1, maxBytes: 1 }, { ...hint })
        .then(records => records.length > 0 && resolve(), reject);
    }).finally(() => stopListening());
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#isStopping || ms <= 0) return;
    // Rejects only if the signal ends it.
    await sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

/**
 * How many records of a batch were taken according to its response: those before the lowest that it names.
 */
const takenOf = (batch: readonly StreamRecord[], response: KinesisStreamBatchResponse): number => {
  const failures = response.batchItemFailures ?? [];
  let taken = batch.length;
  for (const { itemIdentifier } of failures) {
    const at = batch.findIndex(({ sequence }) => String(sequence) === itemIdentifier);
    taken = Math.min(taken, Math.max(at, 0));
  }
  return taken;
};
