/**
 * Carries an installation from its buckets to others, of which it makes the same installation. It can be stopped at any
 * moment and run again: what is there is not copied again, and only a comparison of both ledgers ends the copying.
 * Order: the ledger, the bulk of the state, the comparison, the end of the old installation, the record of the new one,
 * what is aside, and at last what makes tick act.
 */
import { NoInstallation, readInstallation } from '#aws/state/installation.ts';
import { type MoveRecord, Moves } from '#aws/state/moves.ts';
import { encodeRecord } from '#aws/state/record.ts';
import { Watermarks } from '#aws/state/watermarks.ts';
import { allBuckets } from '#domain/archive/bucket.ts';
import type { InstallationRecord, StoredInstallation } from '#domain/archive/installation.ts';
import { eventsPrefix, installationKey } from '#domain/archive/layout.ts';
import { filedUntil } from '#domain/archive/watermark.ts';
import { activeExportsPrefix } from '#domain/export/layout.ts';
import { type Instant, nextInstant } from '#domain/time.ts';
import type { Log } from '#functions/runtime/log.ts';
import { awaitAhead, type Patience } from './await-ahead.ts';
import { compareDays, type DaySum } from './compare-days.ts';
import { createMissing, makeSame } from './copy-objects.ts';
import { forgetCompaction } from './forget-compaction.ts';
import { type MovePlaces, MoveRefused } from './places.ts';
import { isOfUnused, stepOf } from './state-steps.ts';

export type CarryOptions = {
  patience: Patience;
  nowInstant(): Instant;
  say(text: string): void;
  log: Log;
};

export type Carrying = CarryOptions & {
  from: MovePlaces;
  to: MovePlaces;
  /** As messages name it. */
  target: string;
  /** Whether the target files by itself, as a stack does. */
  isRunning: boolean;
  /** Has the old installation file all that it has acknowledged. */
  fileAll(): Promise<void>;
  /** Ends the old installation durably: from then on it files nothing. */
  endOld(installation: string): Promise<void>;
};

/** What was moved, by day; undefined if an earlier run had already compared it. */
export type Carried = { installation: string; days: DaySum[] | undefined };

export const carry = async (carrying: Carrying): Promise<Carried> => {
  const { from, to, patience } = carrying;
  const source = await wholeInstallation(from);
  await requireNoOpenExports(from);
  const moves = new Moves(to.state);
  const move = await claim(carrying, source, moves);
  let days: DaySum[] | undefined;
  // Only a stack ends for good when nobody sends to it: until the end, what it has filed is looked for again.
  if (move.status === 'copying' || (move.status === 'switching' && !carrying.isRunning)) {
    await carrying.fileAll();
    const last = await lastFiled(from, source.buckets);
    const streams = new Set((await new Watermarks(from.state).shards()).map(({ stream }) => stream));
    if (carrying.isRunning) {
      carrying.say('Waiting for the stack to file later than the log to move');
      await awaitAhead(to.state, { buckets: source.buckets, last, streams }, patience);
    }
    days = await copyAll(carrying, last);
    const [first] = days;
    if (first && carrying.isRunning)
      await forgetCompaction(to.state, source.buckets, first.date, patience.pause);
    await carrying.endOld(source.id);
    await moves.advance('switching', { streams: [...streams] });
  }
  if (move.status !== 'done') {
    await becomeSource(carrying, source, await lastFiled(from, source.buckets));
    // What is purged or forgotten must not come back, so it is copied when the old installation has ended.
    const json = { contentType: 'application/json' };
    await createMissing({ from: from.aside, to: to.aside }, '', () => undefined, json);
    const state = { from: from.state, to: to.state };
    for await (const { key } of from.state.list(''))
      if (stepOf(key) === 'end') await createMissing(state, key, () => undefined);
    await moves.advance('done');
  }
  return { installation: source.id, days };
};

type Whole = StoredInstallation & Pick<InstallationRecord, 'id'>;

const wholeInstallation = async ({ state }: MovePlaces): Promise<Whole> => {
  const stored = await readInstallation(state);
  if (stored.id === undefined)
    throw new MoveRefused('The installation has no id yet; start it once with this version, and move again');
  return { ...stored, id: stored.id };
};

/** The record of the move of this installation. Refuses a target that is in use, before anything is changed. */
const claim = async (
  { to, target, nowInstant, patience, say }: Carrying,
  source: Whole,
  moves: Moves,
): Promise<MoveRecord> => {
  const known = await moves.get();
  if (known && known.installation !== source.id)
    throw new MoveRefused(
      `${target} holds the installation ${known.installation}, and ${source.id} was to be moved; ` +
        'choose another one, which is empty',
    );
  const { buckets, format = 1 } = await firstRecord(to, target, patience, say);
  if (buckets !== source.buckets)
    throw new MoveRefused(
      `The log has ${source.buckets} buckets, and ${target} has ${buckets}, which cannot be changed; ` +
        `deploy another stack with annals:buckets=${source.buckets}`,
    );
  if ((source.format ?? 1) > format)
    throw new MoveRefused(
      `The log has the format ${source.format}, and ${target} reads formats up to ${format}; update it first`,
    );
  if (known) return known;
  await requireUnused(to, target);
  const record: MoveRecord = {
    format: 1,
    installation: source.id,
    status: 'copying',
    began_at: nowInstant(),
  };
  if (!(await moves.begin(record)))
    throw new MoveRefused(`Another command has begun to move to ${target}; let it end`);
  return record;
};

/** A stack makes its record when its first function runs, within a minute of the deploy. */
const firstRecord = async (
  { state }: MovePlaces,
  target: string,
  { pause, attempts }: Patience,
  say: (text: string) => void,
): Promise<StoredInstallation> => {
  for (let attempt = 1; ; attempt++)
    try {
      return await readInstallation(state);
    } catch (error) {
      if (!(error instanceof NoInstallation)) throw error;
      if (attempt === attempts)
        throw new MoveRefused(
          `${target} has never run: ${error.message}; see that its functions run, and move again`,
        );
      say('Waiting for the stack to run for the first time');
      await pause();
    }
};

const requireUnused = async ({ ledger, state, aside }: MovePlaces, target: string): Promise<void> => {
  const inUse = (place: string): MoveRefused =>
    new MoveRefused(
      `${target} is in use: it has ${place}. Ledgers are never merged; move to one that is empty`,
    );
  for await (const { key } of ledger.list(eventsPrefix, undefined, 1)) throw inUse(ledger.placeOf(key));
  for await (const { key } of aside.list('', undefined, 1)) throw inUse(aside.placeOf(key));
  for await (const { key } of state.list('')) if (!isOfUnused(key)) throw inUse(state.placeOf(key));
};

/** An export that runs has queries that only the old installation knows. */
const requireNoOpenExports = async ({ state }: MovePlaces): Promise<void> => {
  for await (const { key } of state.list(activeExportsPrefix, undefined, 1))
    throw new MoveRefused(
      `The export ${key.slice(activeExportsPrefix.length).split('/')[0]} is not finished; let the old installation ` +
        'run until its exports have ended, and move again',
    );
};

/** The greatest `filed_at`; undefined if nothing was ever filed. */
const lastFiled = async ({ state }: MovePlaces, buckets: number): Promise<Instant | undefined> => {
  const watermarks = await new Watermarks(state).all();
  return allBuckets(buckets)
    .map(bucket => filedUntil(watermarks, bucket))
    .filter(at => at !== undefined)
    .sort()
    .at(-1);
};

const copyAll = async (
  { from, to, target, nowInstant, say }: Carrying,
  last: Instant | undefined,
): Promise<DaySum[]> => {
  let objects = 0;
  let bytes = 0;
  const copied = (more: number, moreBytes: number): void => {
    objects += more;
    bytes += moreBytes;
    say(`${objects.toLocaleString('en-US')} objects copied, ${(bytes / 1e6).toFixed(1)} MB`);
  };
  const lines = { contentType: 'application/x-ndjson' };
  await createMissing({ from: from.ledger, to: to.ledger }, eventsPrefix, copied, lines);
  await makeSame({ from: from.state, to: to.state }, key => stepOf(key) === 'bulk', copied);
  let compared = 0;
  const { days, differing } = await compareDays(from.ledger, to.ledger, last ?? nowInstant(), more => {
    compared += more;
    say(`${compared.toLocaleString('en-US')} objects compared`);
  });
  if (differing.length > 0)
    throw new MoveRefused(
      `${target} does not have the objects of the log on ${differing.slice(0, 5).join(', ')}` +
        `${differing.length > 5 ? ` and ${differing.length - 5} other days` : ''}: something else writes to one of ` +
        'them. The old installation goes on; nothing is switched',
    );
  return days;
};

/** The target becomes the same installation, and files nothing at or below what the old one filed. */
const becomeSource = async (
  { to, target }: Carrying,
  { id }: Whole,
  last: Instant | undefined,
): Promise<void> => {
  const object = (await to.state.get(installationKey))!;
  const own = await readInstallation(to.state);
  const floors = [own.filed_from, last && nextInstant(last)].filter(at => typeof at === 'string');
  const record = { ...own, id, filed_from: floors.sort().at(-1) ?? null };
  if (!(await to.state.replace(installationKey, encodeRecord(record), object.etag)))
    throw new MoveRefused(`The record of ${target} was changed by somebody else; run the move again`);
};
