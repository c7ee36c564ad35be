/**
 * The folds of a bucket: files that hold the objects of a day instead of a file for each. They lie outside
 * the bucket's folder, and are named after their day: `2026-11-25-<16 hex>.fold`. Another process may fold
 * while this one reads: whatever is not found is looked for again if the folder of folds has changed.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { eventsPrefix } from '#domain/archive/layout.ts';
import { asAbsent, isAbsent } from '#embedded/files.ts';
import { FoldFile, type ReportDamage } from './fold-file.ts';
import { type FoldedObject, folderOf, nameOf, type Section } from './fold-format.ts';
import { compareKeys } from './key-order.ts';
import { Recent } from './recent.ts';

/** The folder of all folds, beside the buckets. */
export const foldsFolder = '.folds';

const nameGrammar = /^(\d{4}-\d\d-\d\d)-[0-9a-f]{16}\.fold$/;

/** The day of a fold by its name; undefined if it is not the name of a fold. */
export const dateOfFold = (name: string): string | undefined => nameGrammar.exec(name)?.[1];

/** The day by which a key is folded; undefined if it never is. */
export const foldedDateOf = (key: string): string | undefined =>
  key.startsWith(eventsPrefix) ? /\/date=(\d{4}-\d\d-\d\d)\//.exec(key)?.[1] : undefined;

/** The keys that begin with `prefix` and come after `after`. */
export type KeyRange = { prefix: string; after: string };

export type Found = { fold: FoldFile; object: FoldedObject };

/** Directories of this many days, and sections of the index, are kept in memory. */
const recentDays = 400;
const recentSections = 64;
/** A file system's clock may be this coarse: a change within that time of another is not seen by the time. */
const coarseMs = 100;
const attempts = 5;

export class Folds {
  readonly directory: string;
  readonly #report: ReportDamage;
  #names = new Map<string, string[]>();
  #changing: Promise<unknown> = Promise.resolve();
  #hasLooked = false;
  #changedNs: bigint | undefined;
  readonly #days = new Recent<FoldFile[]>(recentDays);
  readonly #sections = new Recent<FoldedObject[]>(recentSections);
  /** The folders of the objects of each day, by the names of its folds. */
  readonly #folders = new Map<string, { names: string; folders: ReadonlySet<string> }>();

  /** `report` is told of a fold of which something is missing. */
  constructor(directory: string, report: ReportDamage = async () => undefined) {
    this.directory = directory;
    this.#report = report;
  }

  /** Runs work that changes folds, after such work that was begun before. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#changing.then(work, work);
    this.#changing = done;
    return done;
  }

  /** Looks for folds that have come or gone; false if there certainly are none. */
  async refresh(isChanged = false): Promise<boolean> {
    const folder = await stat(this.directory, { bigint: true }).catch(asAbsent);
    const changedNs = folder?.mtimeNs;
    const isOld = folder === undefined || Date.now() - Number(folder.mtimeMs) > coarseMs;
    if (!isChanged && isOld && changedNs === this.#changedNs) return false;
    const names = new Map<string, string[]>();
    for (const name of ((await readdir(this.directory).catch(asAbsent)) ?? []).sort()) {
      const date = dateOfFold(name);
      if (date !== undefined) names.set(date, [...(names.get(date) ?? []), name]);
    }
    this.#names = names;
    this.#hasLooked = true;
    this.#changedNs = changedNs;
    return true;
  }

  /** The names of the folds of a day, those included that others have replaced. */
  namesOf(date: string): readonly string[] {
    return this.#names.get(date) ?? [];
  }

  get dates(): string[] {
    return [...this.#names.keys()].sort();
  }

  pathOf(name: string): string {
    return join(this.directory, name);
  }

  /** The folds of a day. One that another has replaced is left out, unless the other is damaged. */
  async of(date: string): Promise<FoldFile[]> {
    if (!this.#hasLooked) await this.refresh(true);
    return this.#again(async () => {
      const names = this.namesOf(date);
      if (names.length === 0) return [];
      return this.#days.of(names.join(), async () => {
        const files: FoldFile[] = [];
        for (const name of names) files.push(await FoldFile.open(this.pathOf(name), this.#report));
        const replaced = new Set(files.flatMap(({ damage, head }) => (damage ? [] : (head?.replaces ?? []))));
        return files.filter(({ name }) => !replaced.has(name));
      });
    });
  }

  /** Repeats what found a fold gone that another process has replaced. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!isAbsent(error) || attempt === attempts) throw error;
        await this.refresh(true);
      }
    }
  }

  #objectsOf(fold: FoldFile, section: Section): Promise<FoldedObject[]> {
    const { folder, first, last } = section;
    return this.#sections.of(`${fold.name} ${folder} ${first} ${last}`, () => fold.objectsOf(section));
  }

  /** The object of a key, if it is in a fold. */
  async find(key: string): Promise<Found | undefined> {
    const date = foldedDateOf(key);
    if (date === undefined) return undefined;
    const [folder, name] = [folderOf(key), nameOf(key)];
    return this.#again(async () => {
      for (const fold of await this.of(date))
        for (const section of fold.sections) {
          if (section.folder !== folder || compareKeys(name, section.first) < 0) continue;
          if (compareKeys(name, section.last) > 0) continue;
          const object = search(await this.#objectsOf(fold, section), key);
          if (object) return { fold, object };
        }
      return undefined;
    });
  }

  /** The objects of a folder that are in folds, with their folds. */
  async *allIn(folder: string): AsyncGenerator<Found> {
    for (const fold of await this.of(foldedDateOf(folder) ?? ''))
      for (const section of fold.sections)
        if (section.folder === folder)
          for (const object of await this.#objectsOf(fold, section)) yield { fold, object };
  }

  /** The stored bytes of an object; undefined if it is in no fold. */
  async read(key: string): Promise<{ object: FoldedObject; bytes: Buffer } | undefined> {
    return this.#again(async () => {
      const found = await this.find(key);
      return found && { object: found.object, bytes: await found.fold.bytesOf(found.object) };
    });
  }

  /**
   * The folders directly below a folder that hold folded objects, with their slash; of the keys that begin
   * with `prefix`. Looks at the disk anew.
   */
  async foldersIn(folder: string, { prefix, after }: KeyRange): Promise<Set<string>> {
    const found = new Set<string>();
    if (!eventsPrefix.startsWith(folder) && !folder.startsWith(eventsPrefix)) return found;
    await this.refresh();
    // Of `…/date=2026-11` only the days of that month are looked at, and after a key only those from its day.
    const [, start = ''] = /\/date=([\d-]*)/.exec(prefix) ?? [];
    const [, first = ''] =
      (after.startsWith(folder) && /^date=([\d-]*)/.exec(after.slice(folder.length))) || [];
    for (const date of this.dates) {
      if (!date.startsWith(start.slice(0, date.length)) || date < first.slice(0, date.length)) continue;
      for (const name of await this.#foldersOf(date)) {
        if (!name.startsWith(folder) || name === folder) continue;
        found.add(name.slice(0, name.indexOf('/', folder.length) + 1));
      }
    }
    return found;
  }

  async #foldersOf(date: string): Promise<ReadonlySet<string>> {
    const names = this.namesOf(date).join();
    const known = this.#folders.get(date);
    if (known?.names === names) return known.folders;
    const folders = new Set((await this.of(date)).flatMap(fold => fold.sections.map(one => one.folder)));
    this.#folders.set(date, { names, folders });
    return folders;
  }

  /** The objects of a folder, in the order of their keys. */
  async *objectsIn(folder: string, { prefix, after }: KeyRange): AsyncGenerator<FoldedObject> {
    const date = foldedDateOf(folder);
    if (date === undefined) return;
    let last = after;
    for (let attempt = 1; ; attempt++) {
      try {
        for await (const object of this.#merged(date, folder, { prefix, after: last })) {
          last = object.key;
          if (object.key.startsWith(prefix)) yield object;
          else if (compareKeys(object.key, prefix) > 0) return;
        }
        return;
      } catch (error) {
        if (!isAbsent(error) || attempt === attempts) throw error;
        await this.refresh(true);
      }
    }
  }

  /** Those of the range, and some that come before and after it. */
  async *#merged(date: string, folder: string, { prefix, after }: KeyRange): AsyncGenerator<FoldedObject> {
    const sections = (await this.of(date))
      .flatMap(fold => fold.sections.map(section => ({ fold, section })))
      .filter(({ section }) => section.folder === folder)
      .filter(({ section: { last } }) => compareKeys(folder + last, after) > 0)
      .filter(({ section: { last } }) => compareKeys(folder + last, prefix) >= 0)
      .sort((a, b) => compareKeys(a.section.first, b.section.first));
    let last = after;
    for (let at = 0; at < sections.length; ) {
      // Sections that overlap are merged; the next begins behind them.
      let some: FoldedObject[] = [];
      let end = '';
      do {
        const { fold, section } = sections[at++]!;
        some = [...some, ...(await this.#objectsOf(fold, section))];
        if (compareKeys(section.last, end) > 0) end = section.last;
      } while (at < sections.length && compareKeys(sections[at]!.section.first, end) <= 0);
      for (const object of some.sort((a, b) => compareKeys(a.key, b.key))) {
        // The same object may be in two folds after a crash.
        if (compareKeys(object.key, last) <= 0) continue;
        last = object.key;
        yield object;
      }
    }
  }
}

/** The object of a key among objects in the order of their keys. */
const search = (objects: readonly FoldedObject[], key: string): FoldedObject | undefined => {
  let low = 0;
  let high = objects.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(objects[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return objects[low]?.key === key ? objects[low] : undefined;
};
