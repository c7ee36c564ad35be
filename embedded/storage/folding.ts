/**
 * Folds the objects of closed days, a file for each day, and those of the open day once they are many. What
 * fails stops nothing but folding: its files stay as they are, and the next run goes on.
 */
import { readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { eventsPrefix } from '#domain/archive/layout.ts';
import { isDiskFull } from '#embedded/files.ts';
import { errorFacts, type Log } from '#functions/runtime/log.ts';
import { dropReplaced, type FoldWorld, putFold, sourcesOf } from './fold-change.ts';
import type { FoldFile } from './fold-file.ts';
import type { FoldSource, SourceObject } from './fold-writer.ts';
import { foldedDateOf } from './folds.ts';
import type { Inventory } from './inventory.ts';
import { asNoObject } from './s3-errors.ts';
import { factsOfFile, openFile } from './stored-object.ts';

export type FoldingOptions = FoldWorld & {
  /** Deletes the file of an object that is in a fold; see `EmbeddedS3.dropFile`. */
  dropFile(key: string): Promise<void>;
  objects: Inventory | undefined;
  nowMs(): number;
  log: Log;
  /** The open day is folded from this many objects on. */
  manyObjects?: number | undefined;
  /** A fold has at most this many objects, and bytes. */
  most?: { objects: number; bytes: number } | undefined;
};

/** For tests: how and how often an installation folds. */
export type FoldingSettings = Partial<FoldingOptions> & { everyMs?: number };

const manyObjectsOfOpenDay = 500;
const mostOfFold = { objects: 50_000, bytes: 256 * 1024 * 1024 };
/** A larger object stays a file: readers get those of a fold as a whole. */
const largeBytes = 16 * 1024 * 1024;
/** Events of a day are filed this long after its end, usually. */
const closedAfterMs = 3_600_000;
/** What must be left on the disk beside a new fold. */
const sparedBytes = 64 * 1024 * 1024;

/** Files and folds of a day that become one fold. */
type Group = { sources: FoldSource[]; bytes: number; folds: FoldFile[] };

export class Folding {
  readonly #options: FoldingOptions;
  readonly #most: { objects: number; bytes: number };
  #isStopping = false;

  constructor(options: FoldingOptions) {
    this.#options = options;
    this.#most = options.most ?? mostOfFold;
  }

  /** Lets the current run end soon; what it has not finished is left to the next process. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Folds what there is to fold. */
  async run(): Promise<void> {
    return this.#options.files.folds.exclusively(() => this.#run());
  }

  async #run(): Promise<void> {
    const { files, log } = this.#options;
    const folders = await this.#foldersByDate();
    await files.folds.refresh(true);
    const many = files.folds.dates.filter(date => files.folds.namesOf(date).length > 1);
    let hasFolded = false;
    for (const date of [...new Set([...folders.keys(), ...many])].sort()) {
      if (this.#isStopping) return;
      if (files.isInUse(date)) continue;
      try {
        hasFolded = (await this.#foldDay(date, folders.get(date) ?? [])) || hasFolded;
      } catch (error) {
        const isFull = isDiskFull(error as Error);
        log('error', isFull ? 'Folding waits for room on the disk' : 'A day could not be folded', {
          date,
          ...errorFacts(error),
        });
        if (isFull) return;
      }
    }
    if (hasFolded) await this.#leaveOutFolded();
  }

  /** The folders that hold files of each day. */
  async #foldersByDate(): Promise<Map<string, string[]>> {
    const byDate = new Map<string, string[]>();
    const walk = async (folder: string): Promise<void> => {
      for (const name of await this.#namesIn(folder, entry => entry.isDirectory())) {
        const below = `${folder}${name}/`;
        const date = foldedDateOf(below);
        if (date === undefined) await walk(below);
        else byDate.set(date, [...(byDate.get(date) ?? []), below]);
      }
    };
    await walk(eventsPrefix);
    return byDate;
  }

  async #namesIn(folder: string, isWanted: (entry: Entry) => boolean): Promise<string[]> {
    const path = join(this.#options.files.folder, folder);
    const entries = (await readdir(path, { withFileTypes: true }).catch(asNoObject)) ?? [];
    return entries.filter(isWanted).map(({ name }) => name);
  }

  /** True if objects are in a fold that were not before. */
  async #foldDay(date: string, folders: readonly string[]): Promise<boolean> {
    await dropReplaced(this.#options, date);
    const keys: string[] = [];
    for (const folder of folders)
      for (const name of await this.#namesIn(folder, entry => entry.isFile())) keys.push(folder + name);
    const isClosed = this.#options.nowMs() > Date.parse(`${date}T00:00:00Z`) + 24 * 3_600_000 + closedAfterMs;
    const { own, folded } = await this.#divide(keys);
    // Left by a run that was interrupted.
    for (const key of folded) await this.#options.dropFile(key);
    const isEnough = isClosed || own.length >= (this.#options.manyObjects ?? manyObjectsOfOpenDay);
    const groups = await this.#group(date, isEnough ? own : [], isClosed);
    for (const { sources, bytes, folds } of groups) {
      await this.#requireRoom(bytes);
      if (!(await putFold(this.#options, date, sources, folds))) continue;
      for (const { key } of sources) {
        if (this.#isStopping || this.#options.files.isInUse(date)) break;
        this.#options.step?.('delete a file');
        await this.#options.dropFile(key);
      }
    }
    const { files } = this.#options;
    if (isClosed) for (const folder of folders) await files.folders.removeEmpty(join(files.folder, folder));
    return groups.length > 0;
  }

  /** Divides files by whether their objects are in folds. Large objects are in neither part. */
  async #divide(keys: readonly string[]): Promise<{ own: Sized[]; folded: string[] }> {
    const { files } = this.#options;
    const own: Sized[] = [];
    const folded: string[] = [];
    for (const key of keys) {
      if (await files.folds.find(key)) folded.push(key);
      else {
        const facts = await factsOfFile(files.pathOf(key));
        if (facts && facts.bytes <= largeBytes) own.push({ key, bytes: facts.bytes });
      }
    }
    return { own: own.sort((a, b) => (a.key < b.key ? -1 : 1)), folded };
  }

  /** What becomes a fold: the files, and of a closed day also the folds that are small. */
  async #group(date: string, own: readonly Sized[], isClosed: boolean): Promise<Group[]> {
    const groups: Group[] = [];
    const roomFor = (objects: number, bytes: number): Group => {
      const last = groups[groups.length - 1];
      const fits =
        last && last.sources.length + objects <= this.#most.objects && last.bytes + bytes <= this.#most.bytes;
      if (fits) return last;
      groups.push({ sources: [], bytes: 0, folds: [] });
      return groups[groups.length - 1]!;
    };
    for (const fold of isClosed ? await this.#smallFolds(date) : []) {
      const objects = fold.sections.reduce((sum, section) => sum + section.objects, 0);
      const group = roomFor(objects, fold.size);
      for await (const source of sourcesOf([fold])) group.sources.push(source);
      group.bytes += fold.size;
      group.folds.push(fold);
    }
    for (const { key, bytes } of own) {
      const group = roomFor(1, bytes);
      group.sources.push({ key, read: () => this.#readFile(key) });
      group.bytes += bytes;
    }
    // One fold alone is what it would become.
    return groups.filter(({ folds, sources }) => folds.length !== 1 || sources.length > objectsOf(folds));
  }

  /** Those that are not half full, and whole: a damaged one is left to whoever restores it. */
  async #smallFolds(date: string): Promise<FoldFile[]> {
    const folds = await this.#options.files.folds.of(date);
    return folds.filter(
      fold =>
        fold.damage === undefined &&
        fold.size <= this.#most.bytes / 2 &&
        objectsOf([fold]) <= this.#most.objects / 2,
    );
  }

  async #readFile(key: string): Promise<SourceObject | undefined> {
    const file = this.#isStopping ? undefined : await openFile(this.#options.files.pathOf(key));
    if (!file) return undefined;
    const pieces: Buffer[] = [];
    for await (const piece of file.read(undefined)) pieces.push(piece as Buffer);
    return { etag: file.etag, writtenMs: file.writtenAt.getTime(), content: Buffer.concat(pieces) };
  }

  /** A new fold is written before anything is deleted, and must not take the room that events need. */
  async #requireRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#options.temporary);
    if (bavail * bsize > 2 * bytes + sparedBytes) return;
    throw Object.assign(new Error(`No space left on device for a fold of ${bytes} bytes`), {
      code: 'ENOSPC',
    });
  }

  async #leaveOutFolded(): Promise<void> {
    const { files, objects, temporary } = this.#options;
    await objects?.leaveOut(async ({ key, bytes }) => {
      const found = await files.folds.find(key);
      return found?.object.bytes === bytes;
    }, temporary);
  }
}

type Entry = { isFile(): boolean; isDirectory(): boolean };
type Sized = { key: string; bytes: number };

const objectsOf = (folds: readonly FoldFile[]): number =>
  folds.flatMap(({ sections }) => sections).reduce((sum, { objects }) => sum + objects, 0);
