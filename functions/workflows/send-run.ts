/**
 * Hands a frozen run over: its parts in their order, then its manifest, which commits it. Whatever stops this is
 * found again: the parts have the same bytes at each try, and the manifest is kept as it was made first.
 */
import { createHash } from 'node:crypto';
import type { Delivery } from '#domain/deliver/delivery.ts';
import { formOf } from '#domain/deliver/forms.ts';
import { partKey } from '#domain/deliver/layout.ts';
import { manifestSha256, namedGaps, printManifest } from '#domain/deliver/manifest.ts';
import {
  type UndeliveredEvent,
  undeliveredCount,
  withPart,
  withRun,
  withSuccess,
} from '#domain/deliver/progress.ts';
import { type FrozenRun, PartCutter, type PartText, rangeReader } from '#domain/deliver/run.ts';
import type { Part, SendOutcome, Unfinished } from '#domain/deliver/sender.ts';
import { derivedId } from '#domain/derived-id.ts';
import type { Instant } from '#domain/time.ts';
import { type DeliverWorld, nowOf, placeOf } from './deliver-world.ts';
import { etagOf, fail, save, type Turn } from './delivery-turn.ts';
import { readFiled } from './read-filed.ts';

const unlimited = { rows: Infinity, textBytes: Infinity };

/** The log is not what it was when the run was frozen: nothing of it is sent. */
export class RunChanged extends Error {
  constructor(id: string, run: number) {
    super(
      `The ledger no longer gives the text of run ${run} of the delivery ${id}; "annals check" finds why`,
    );
    this.name = 'RunChanged';
  }
}

/** The text of a run, made again from the ledger. Throws `RunChanged` if it is not the one that was frozen. */
export const textOfRun = async (
  world: DeliverWorld,
  { delivery, bucket }: Pick<Turn, 'delivery' | 'bucket'>,
  run: FrozenRun,
): Promise<PartText[]> => {
  if (run.parts.length === 0) return [];
  const form = formOf(run.form.format, run.form.version, run.form.ocsf);
  const isLeftOut = rangeReader(run.left_out);
  const cutter = new PartCutter(unlimited);
  let [place, inPart] = [0, 0];
  const window = { bucket, scopeId: delivery.scopeId, from: run.rows_from, to: run.to };
  for await (const { rows } of readFiled(world, window))
    for (const { cells } of rows) {
      if (isLeftOut(place++)) continue;
      cutter.add(form.line(cells), cells);
      inPart += 1;
      if (inPart < (run.parts[cutter.parts.length]?.rows ?? Infinity)) continue;
      cutter.cut();
      inPart = 0;
    }
  cutter.cut();
  const isSame =
    cutter.parts.length === run.parts.length &&
    cutter.parts.every(({ sha256 }, at) => sha256 === run.parts[at]!.sha256);
  if (!isSame) throw new RunChanged(delivery.id, run.run);
  return cutter.parts;
};

/**
 * What becomes of a run that is handed over: `later` means that the destination failed, and `unfinished` that the time
 * of the turn is over.
 */
export type RunOutcome = 'done' | 'later' | 'unfinished';

/** `parts` are the texts of the run if they are known. */
export const sendRun = async (turn: Turn, run: FrozenRun, parts?: PartText[]): Promise<RunOutcome> => {
  // Before the ledger is read for a run that another process sends.
  await turn.open();
  const texts = parts ?? (await textOfRun(turn.world, turn, run));
  for (const [place, text] of texts.entries()) {
    if (place < turn.progress.parts_done) continue;
    const outcome = await sendInTime(turn, partOf(turn, run, text, place + 1));
    if (outcome.kind !== 'done') return endRun(turn, outcome);
    // Before what is known in memory differs from what is stored.
    turn.etag ??= await etagOf(turn);
    const at = nowOf(turn.world);
    const undelivered = undeliveredOf(outcome, { run, text, at });
    turn.progress = withPart(turn.progress, { undelivered, retimed: outcome.retimed ?? 0, at });
  }
  return commit(turn, run);
};

export const sendInTime = async (turn: Turn, part: Part): Promise<SendOutcome | Unfinished> =>
  turn.hasTime() ? (await turn.open()).send(part, turn.signal) : { kind: 'unfinished' };

/** Records how far the turn has come when a part was not taken. */
export const endRun = async (
  turn: Turn,
  outcome: Exclude<SendOutcome, { kind: 'done' }> | Unfinished,
): Promise<'later' | 'unfinished'> => {
  if (outcome.kind === 'failed' && !turn.ending?.aborted) {
    await fail(turn, outcome);
    return 'later';
  }
  await save(turn, turn.progress);
  return 'unfinished';
};

export const partOf = (
  { delivery }: Pick<Turn, 'delivery'>,
  { run, to, restored }: FrozenRun,
  { text, events, sha256 }: PartText,
  part: number,
): Part => ({
  run,
  part,
  kind: 'rows',
  end: to,
  text,
  sha256,
  events,
  id: derivedId('delivery-part', ...whoseRun(delivery, run, restored), part),
  key: partKey({ kind: 'rows', run, part, end: to, restored }),
});

/** Its text says whether it was made before or after a restore, as the run says of the parts. */
export const manifestPart = (
  { delivery }: Pick<Turn, 'delivery'>,
  { run, to, parts }: FrozenRun,
  text: Buffer,
): Part => {
  const { restored } = JSON.parse(text.toString()) as { restored?: string };
  return {
    run,
    part: parts.length + 1,
    kind: 'manifest',
    end: to,
    text,
    sha256: createHash('sha256').update(text).digest('hex'),
    events: [],
    id: derivedId('delivery-manifest', ...whoseRun(delivery, run, restored)),
    key: partKey({ kind: 'manifest', run, end: to, restored }),
  };
};

const whoseRun = ({ scopeId, id, origin }: Delivery, run: number, restored: string | undefined) => [
  ...[scopeId, id, restored === undefined ? origin.incarnation : `${origin.incarnation} ${restored}`],
  run,
];

const undeliveredOf = (
  outcome: Extract<SendOutcome, { kind: 'done' }>,
  { run, text, at }: { run: FrozenRun; text: PartText; at: Instant },
): UndeliveredEvent[] =>
  (outcome.undelivered ?? []).map(({ line, code, status }) => ({
    id: text.events[line]!.id,
    occurred_at: text.events[line]!.occurredAt,
    run: run.run,
    code,
    status: status ?? null,
    at,
  }));

/** Makes the manifest, hands it over, and records the run as done. */
const commit = async (turn: Turn, run: FrozenRun): Promise<RunOutcome> => {
  const { world, delivery, bucket, progress } = turn;
  const gaps = (await world.gaps.of([bucket])).filter(({ endedAt }) => endedAt === undefined);
  const open = [...new Set(gaps.map(({ cause }) => cause))].sort();
  const at = nowOf(world);
  const text = printManifest({
    place: placeOf(world, delivery),
    run,
    gaps: { open, before: progress.gaps },
    undelivered: progress.parts_undelivered,
    undeliveredCount: undeliveredCount(progress),
    retimed: progress.parts_retimed,
    previous: progress.last_manifest?.sha256 ?? null,
    restored: progress.restored,
    at,
  });
  const kept = await world.work.keepManifest(delivery, run.run, text);
  const outcome = await (await turn.open()).send(manifestPart(turn, run, kept), turn.signal);
  if (outcome.kind !== 'done') return endRun(turn, outcome);
  const named = namedGaps(kept, progress.gaps);
  const done = withRun(progress, run, { sha256: manifestSha256(kept), gaps: named, at });
  await save(turn, { ...withSuccess(done, at), served_at: at });
  world.metrics({ DeliveredRows: run.rows });
  return 'done';
};
