/** Moves the installation of a data directory to a stack; it then only forwards events. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { readInstallation } from '#aws/state/installation.ts';
import { setting } from '#cli/environment.ts';
import { Failure } from '#cli/failure.ts';
import { refuseSampleDirectory } from '#cli/sample/sample-directory.ts';
import { installationKey } from '#domain/archive/layout.ts';
import { holdDataDirectory } from '#embedded/data-directory.ts';
import { openDataPlaces } from '#embedded/data-places.ts';
import { drain } from '#embedded/drain.ts';
import { markMoved, readMoved } from '#embedded/moved.ts';
import { names } from '#embedded/options.ts';
import { type Carried, type CarryOptions, carry } from './carry.ts';
import { type MovePlaces, MoveRefused } from './places.ts';

export type ToStack = CarryOptions & {
  data: string;
  stack: string;
  openStack(): Promise<MovePlaces>;
};

/** What was moved; undefined if the installation had moved to this stack before. */
export const moveToStack = async (options: ToStack): Promise<Carried | undefined> => {
  const { data: root, stack, log, patience } = options;
  // Holding a folder makes it a data directory.
  await access(join(root, 'buckets', names.state, installationKey)).catch(cause => {
    throw new Failure(2, `${root} is not a data directory of Annals; name one with --data or ANNALS_DATA`, {
      cause,
    });
  });
  await refuseSampleDirectory(root);
  const to = await options.openStack();
  const data = await holdDataDirectory(root);
  try {
    const moved = await readMoved(data.root);
    if (moved && moved.stack !== stack)
      throw new MoveRefused(`The installation has moved to the stack "${moved.stack}", not to "${stack}"`);
    if (moved?.status === 'done') return undefined;
    const { buckets } = await readInstallation((await openDataPlaces(data, 1, log)).state);
    const from = await openDataPlaces(data, buckets, log);
    const mark = { stack, region: setting('AWS_REGION') ?? null };
    const carried = await carry({
      ...options,
      from,
      to,
      target: `the stack "${stack}"`,
      isRunning: true,
      fileAll: () => drain({ data, buckets, log, pause: patience.pause }),
      endOld: async installation => {
        await markMoved(data, { ...mark, installation, status: 'switching' });
      },
    });
    await markMoved(data, { ...mark, installation: carried.installation, status: 'done' });
    return carried;
  } finally {
    data.release();
  }
};
