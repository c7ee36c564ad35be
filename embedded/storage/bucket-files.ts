/**
 * The objects of a bucket, each in a file of its own or in a fold. A fold counts first: the file of an object
 * that is in a fold is about to be deleted.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { FoldedObject } from './fold-format.ts';
import { type Folds, foldedDateOf } from './folds.ts';
import { ObjectFolders } from './object-folders.ts';
import { exception, preconditionFailed } from './s3-errors.ts';
import { factsOfFile, type ObjectFacts, type OpenObject, openFile } from './stored-object.ts';

/** A missing object is looked for again if folds have changed, at most this often. */
const attempts = 5;

export class BucketFiles {
  readonly folder: string;
  readonly folds: Folds;
  readonly folders = new ObjectFolders();
  /** How many readers of files use those of each day. */
  readonly #inUse = new Map<string, number>();

  /** `folder` is that of the files. */
  constructor(folder: string, folds: Folds) {
    this.folder = folder;
    this.folds = folds;
  }

  pathOf(key: string): string {
    return join(this.folder, ...key.split('/'));
  }

  /** Where an object is, for messages: its file, or the file of its fold. */
  placeOf(key: string): string {
    const path = this.pathOf(key);
    const folds = this.folds.namesOf(foldedDateOf(key) ?? '').map(name => this.folds.pathOf(name));
    return folds.length === 0 || existsSync(path) ? path : `${folds.join(' or ')}, as ${key}`;
  }

  /** What is stored under a key, without its bytes; undefined if there is no object. */
  facts(key: string): Promise<ObjectFacts | undefined> {
    return this.#look(key, {
      folded: async () => {
        const found = await this.folds.find(key);
        return found && factsOfFolded(found.object);
      },
      own: () => factsOfFile(this.pathOf(key)),
    });
  }

  /** Opens an object for reading; undefined if there is none. */
  open(key: string): Promise<OpenObject | undefined> {
    return this.#look<OpenObject>(key, {
      folded: async () => {
        const found = await this.folds.read(key);
        return found && { ...factsOfFolded(found.object), ...readerOf(found.bytes) };
      },
      own: () => openFile(this.pathOf(key)),
    });
  }

  async #look<T>(
    key: string,
    { folded, own }: { folded(): Promise<T | undefined>; own(): Promise<T | undefined> },
  ): Promise<T | undefined> {
    if (foldedDateOf(key) === undefined) return own();
    for (let attempt = 1; ; attempt++) {
      const found = (await folded()) ?? (await own());
      // A file that is gone may have been folded since the folds were asked.
      if (found || attempt === attempts || !(await this.folds.refresh())) return found;
    }
  }

  /** Refuses a put under the key of an object that is in a fold. */
  async requireUnfolded(key: string, ifNoneMatch: string | undefined): Promise<void> {
    if (!(await this.folds.find(key))) return;
    if (ifNoneMatch === '*') throw preconditionFailed();
    throw exception(405, 'MethodNotAllowed', 'An object in a fold is not replaced');
  }

  /** Keeps the files of some days from being deleted; returns how to end that. */
  use(dates: ReadonlySet<string>): () => void {
    for (const date of dates) this.#inUse.set(date, (this.#inUse.get(date) ?? 0) + 1);
    let isUsed = true;
    return () => {
      if (isUsed) for (const date of dates) this.#inUse.set(date, this.#inUse.get(date)! - 1);
      isUsed = false;
    };
  }

  isInUse(date: string): boolean {
    return (this.#inUse.get(date) ?? 0) > 0;
  }
}

export const factsOfFolded = ({ etag, bytes, writtenMs }: FoldedObject): ObjectFacts => ({
  etag,
  bytes,
  writtenAt: new Date(writtenMs),
});

const readerOf = (bytes: Buffer): Pick<OpenObject, 'read' | 'close'> => ({
  read: range =>
    Readable.from([range ? bytes.subarray(range.first, range.last + 1) : bytes], { objectMode: false }),
  close: async () => undefined,
});
