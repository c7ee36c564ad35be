/**
 * The data directory of the sample. It says of itself that it is one, so that made-up events never stand in a
 * real log: the sample refuses a directory without that mark, and every other start refuses one with it.
 */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure } from '#cli/failure.ts';
import { type DataDirectory, sampleMarkName } from '#embedded/data-directory.ts';
import { asAbsent, makeDirectory, syncDirectory, writeDurably } from '#embedded/files.ts';

export const defaultSampleDirectory = './.annals-sample';

/** When the sample began, and whether its history is filed. */
export type SampleMark = { began_ms: number; is_filled: boolean };

/** Opens the directory of the sample, which is new, empty or its own; makes its mark. */
export const openSampleDirectory = async (path: string, nowMs: number): Promise<SampleMark> => {
  const known = await readMark(path);
  if (known) return known;
  const names = (await readdir(path).catch(asAbsent)) ?? [];
  if (names.length > 0)
    throw new Failure(
      2,
      `The folder ${path} was not begun by --sample, which files made-up events; ` +
        'leave out --data, or name a new folder',
    );
  await makeDirectory(resolve(path));
  const mark = { began_ms: nowMs, is_filled: false };
  // Not by another name first: that would be a file of nobody's in a new folder.
  const file = await open(join(path, sampleMarkName), 'wx', 0o600);
  try {
    await file.writeFile(print(mark));
    await file.sync();
  } finally {
    await file.close();
  }
  await syncDirectory(path);
  return mark;
};

/** Refuses the directory of a sample to a start that is not one. */
export const refuseSampleDirectory = async (path: string): Promise<void> => {
  if (await stat(join(path, sampleMarkName)).catch(() => undefined))
    throw new Failure(
      2,
      `The folder ${path} holds the sample, which is made up; add --sample, or choose another`,
    );
};

/** Notes that the history is filed, in the data directory of a running installation. */
export const noteFilled = (
  { root, temporary }: Pick<DataDirectory, 'root' | 'temporary'>,
  mark: SampleMark,
) => writeDurably(temporary, join(root, sampleMarkName), print({ ...mark, is_filled: true }));

const print = (mark: SampleMark): string => `${JSON.stringify(mark)}\n`;

const readMark = async (path: string): Promise<SampleMark | undefined> => {
  const text = await readFile(join(path, sampleMarkName), 'utf8').catch(asAbsent);
  if (text === undefined) return undefined;
  try {
    const { began_ms, is_filled } = JSON.parse(text) as SampleMark;
    if (Number.isSafeInteger(began_ms)) return { began_ms, is_filled: is_filled === true };
  } catch {
    // Said below.
  }
  throw new Failure(
    1,
    `The file ${join(path, sampleMarkName)} is damaged; delete the folder, which is a sample`,
  );
};
