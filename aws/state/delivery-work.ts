/** What deliveries have done: progress, frozen runs, and manifests as they were handed over. */
import type { Objects } from '#aws/objects.ts';
import { deliveryProgressKey, frozenRunKey, keptManifestKey } from '#domain/deliver/layout.ts';
import { isProgress, type Progress } from '#domain/deliver/progress.ts';
import { type FrozenRun, isFrozenRun } from '#domain/deliver/run.ts';
import { encodeRecord, type RecordKind, readRecord } from './record.ts';

const progressRecord: RecordKind<Progress> = {
  isWhole: isProgress,
  cure: 'Restore it from a copy; without one the delivery no longer runs: make another under a new id',
};
const runRecord: RecordKind<FrozenRun> = {
  isWhole: isFrozenRun,
  cure: 'Restore it from a copy; without one the run cannot be sent again',
};

export type Whose = { scopeId: string; id: string };
export type StoredProgress = { progress: Progress; etag: string };

export class DeliveryWork {
  readonly #state: Objects;
  constructor(state: Objects) {
    this.#state = state;
  }

  async progress({ scopeId, id }: Whose): Promise<StoredProgress | undefined> {
    const stored = await this.#state.get(deliveryProgressKey(scopeId, id));
    return stored && { progress: readRecord(stored, progressRecord), etag: stored.etag };
  }

  /** Creates the progress if there is none; what is there stays. */
  async begin({ scopeId, id }: Whose, progress: Progress): Promise<void> {
    await this.#state.create(deliveryProgressKey(scopeId, id), encodeRecord(progress));
  }

  /** False if it is no longer the version that was read. */
  put({ scopeId, id }: Whose, progress: Progress, etag: string): Promise<boolean> {
    return this.#state.replace(deliveryProgressKey(scopeId, id), encodeRecord(progress), etag);
  }

  async run({ scopeId, id }: Whose, run: number): Promise<FrozenRun | undefined> {
    const stored = await this.#state.get(frozenRunKey(scopeId, id, run));
    return stored && readRecord(stored, runRecord);
  }

  /** Freezes a run; if it is frozen already, returns that. */
  async freeze(whose: Whose, run: FrozenRun): Promise<FrozenRun> {
    const key = frozenRunKey(whose.scopeId, whose.id, run.run);
    if ((await this.#state.create(key, encodeRecord(run))) === 'created') return run;
    return (await this.run(whose, run.run))!;
  }

  /** Keeps the text of a manifest; if there is one already, returns that. */
  async keepManifest({ scopeId, id }: Whose, run: number, text: string): Promise<Buffer> {
    const key = keptManifestKey(scopeId, id, run);
    const bytes = Buffer.from(text);
    if ((await this.#state.create(key, bytes, { contentType: 'application/json' })) === 'created')
      return bytes;
    return (await this.#state.get(key))!.bytes;
  }

  /** The text of the manifest of a committed run. */
  async manifest({ scopeId, id }: Whose, run: number): Promise<Buffer | undefined> {
    return (await this.#state.get(keptManifestKey(scopeId, id, run)))?.bytes;
  }
}
