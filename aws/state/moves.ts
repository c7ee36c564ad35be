/**
 * The record of a move of an installation to other buckets, in the state that the move fills. Whoever replaces it
 * replaces the version that they read.
 */
import type { Objects } from '#aws/objects.ts';
import { type Instant, isInstant } from '#domain/time.ts';
import { encodeRecord, type RecordKind, readRecord } from './record.ts';

export const moveKey = 'move.json';

/**
 * `copying`: everything may be copied again, and the old installation may still run between two tries. `switching`: the
 * old one has ended, and the new one begins. `done`: nothing is left to do.
 */
export type MoveStatus = 'copying' | 'switching' | 'done';
/** `installation` is the id of the one that is moved; `streams` are those that fed it, of which all is filed. */
export type MoveRecord = {
  format: 1;
  installation: string;
  status: MoveStatus;
  began_at: Instant;
  streams?: readonly string[];
};

const statuses: readonly string[] = ['copying', 'switching', 'done'] satisfies MoveStatus[];

const moveRecord: RecordKind<MoveRecord> = {
  isWhole: ({ format, installation, status, began_at, streams = [] }) =>
    format === 1 &&
    typeof installation === 'string' &&
    statuses.includes(status as string) &&
    typeof began_at === 'string' &&
    isInstant(began_at) &&
    Array.isArray(streams),
  cure: 'Restore it from an earlier version; without it, the move cannot go on',
};

export class Moves {
  readonly #state: Pick<Objects, 'get' | 'create' | 'replace'>;
  constructor(state: Pick<Objects, 'get' | 'create' | 'replace'>) {
    this.#state = state;
  }

  async get(): Promise<MoveRecord | undefined> {
    const stored = await this.#state.get(moveKey);
    return stored && readRecord(stored, moveRecord);
  }

  /** The streams that fed the installation where it was before: nothing of theirs is left to file. */
  async endedStreams(): Promise<ReadonlySet<string>> {
    const record = await this.get();
    return new Set(record && record.status !== 'copying' ? record.streams : []);
  }

  /** False if there is a record. */
  async begin(record: MoveRecord): Promise<boolean> {
    return (await this.#state.create(moveKey, encodeRecord(record))) === 'created';
  }

  /** Throws if there is no record, or if somebody else changes it now. */
  async advance(status: MoveStatus, more: Pick<MoveRecord, 'streams'> = {}): Promise<void> {
    const stored = await this.#state.get(moveKey);
    if (!stored) throw new Error('The record of the move is gone; run the move again');
    const record = { ...readRecord(stored, moveRecord), status, ...more };
    if (!(await this.#state.replace(moveKey, encodeRecord(record), stored.etag)))
      throw new Error('Another command moves to the same place; let one of them end');
  }
}
