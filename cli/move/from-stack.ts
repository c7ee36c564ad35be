/**
 * Moves the installation of a stack to a new data directory: the way back. Nobody sends to the stack any longer; what
 * arrives while the ledger is copied is found before anything is switched, and the move is run again.
 */
import { readInstallation, requireInstallation } from '#aws/state/installation.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { allBuckets, defaultBuckets } from '#domain/archive/bucket.ts';
import { eventsPrefix } from '#domain/archive/layout.ts';
import { completeTo } from '#domain/archive/watermark.ts';
import { holdDataDirectory } from '#embedded/data-directory.ts';
import { openDataPlaces } from '#embedded/data-places.ts';
import { readMoved } from '#embedded/moved.ts';
import { names } from '#embedded/options.ts';
import { type Carried, type CarryOptions, carry } from './carry.ts';
import { missingObjects } from './copy-objects.ts';
import { type MovePlaces, MoveRefused } from './places.ts';

export type FromStack = CarryOptions & {
  data: string;
  stack: string;
  openStack(): Promise<MovePlaces>;
};

export const moveFromStack = async (options: FromStack): Promise<Carried> => {
  const { data: root, stack, log } = options;
  const from = await options.openStack();
  const { buckets } = await readInstallation(from.state);
  if (buckets !== defaultBuckets)
    throw new MoveRefused(
      `The log has ${buckets} buckets, and an installation on one machine has ${defaultBuckets}`,
    );
  const data = await holdDataDirectory(root);
  try {
    if (await readMoved(data.root))
      throw new MoveRefused(`The installation in ${root} has moved to AWS; name a new folder with --data`);
    const to = await openDataPlaces(data, buckets, log);
    await requireInstallation(to.state, { buckets, ledger: names.ledger });
    return await carry({
      ...options,
      from,
      to,
      target: `the data directory ${root}`,
      isRunning: false,
      fileAll: () => awaitFiled(options, from, buckets),
      endOld: () => requireQuiet(from, to, stack),
    });
  } finally {
    data.release();
  }
};

/** Waits until all that was acknowledged before is filed: each bucket's next heartbeat comes after it. */
const awaitFiled = async (
  { nowInstant, patience, say }: FromStack,
  { state }: MovePlaces,
  buckets: number,
): Promise<void> => {
  const since = nowInstant();
  say('Waiting for the stack to file everything that it has acknowledged');
  for (let attempt = 1; ; attempt++) {
    const filed = completeTo(await new Watermarks(state).all(), allBuckets(buckets));
    if (filed !== undefined && filed > since) return;
    if (attempt === patience.attempts)
      throw new MoveRefused(
        `The stack has filed up to ${filed ?? 'nothing'}, and not up to ${since}; see that its functions run, ` +
          'and move again',
      );
    await patience.pause();
  }
};

/** Nothing may have been filed that is not copied. */
const requireQuiet = async (from: MovePlaces, to: MovePlaces, stack: string): Promise<void> => {
  for await (const { key } of missingObjects(from.ledger, to.ledger, eventsPrefix))
    throw new MoveRefused(
      `The stack "${stack}" still files events, such as ${key}; stop what sends to it, and move again: ` +
        'only what is new is copied',
    );
};
