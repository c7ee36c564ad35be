/**
 * The mark of an installation that has moved to a stack on AWS, in its data directory. From then on nothing is filed
 * here: a start serves nothing if the move has not ended, and forwards events if it has.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Moves } from '#aws/state/moves.ts';
import { DataDirectoryError } from './data-directory.ts';
import { isAbsent, writeDurably } from './files.ts';

const movedName = 'moved.json';

const shape = z.object({
  stack: z.string().min(1),
  region: z.string().nullable(),
  installation: z.string().min(1),
  status: z.enum(['switching', 'done']),
});

/** `region` is that of the stack, if AWS_REGION named it. */
export type Moved = z.output<typeof shape>;

/** Undefined if it has not moved; throws `DataDirectoryError` if the mark is damaged. */
export const readMoved = async (root: string): Promise<Moved | undefined> => {
  const path = join(root, movedName);
  try {
    return shape.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw new DataDirectoryError(
      `The file ${path} is damaged. It says to which stack the installation has moved: run annals move again`,
      { cause: error },
    );
  }
};

export const markMoved = (
  { root, temporary }: { root: string; temporary: string },
  moved: Moved,
): Promise<void> => writeDurably(temporary, join(root, movedName), `${JSON.stringify(moved)}\n`);

/** Throws `DataDirectoryError` if the installation has moved: what it filed now would be in no log. */
export const refuseMoved = async (root: string): Promise<void> => {
  const moved = await readMoved(root);
  if (!moved) return;
  const { stack, status } = moved;
  throw new DataDirectoryError(
    status === 'done'
      ? `The installation in ${root} has moved to the stack "${stack}" and files nothing here`
      : `The move of ${root} to the stack "${stack}" has not ended; end it with ` +
          `"annals move --data ${root} --stack ${stack}"`,
  );
};

/** Throws `DataDirectoryError` if a move to this data directory has begun and not ended: the log is not all here. */
export const refuseHalfFilled = async (root: string, moves: Pick<Moves, 'get'>): Promise<void> => {
  const move = await moves.get();
  if (move && move.status !== 'done')
    throw new DataDirectoryError(
      `The move of the installation ${move.installation} to ${root} has not ended; end it with ` +
        `"annals move --data ${root} --stack STACK --back"`,
    );
};
