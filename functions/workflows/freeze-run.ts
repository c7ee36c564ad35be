/**
 * The run of a delivery that is to be sent next: the one that is frozen and not committed, or a new one. A stretch
 * that has nothing to be sent makes none and is counted in the next one, but for the manifests that show that a quiet
 * log is not a dead one: one a day, and one each when a delivery is paused and resumed. A stop is named by the one of
 * the resumption, since the destination takes nothing before.
 */
import { answerableTo } from '#domain/archive/watermark.ts';
import { formOf } from '#domain/deliver/forms.ts';
import { tableOfRows } from '#domain/deliver/ocsf.ts';
import { type Progress, withMove } from '#domain/deliver/progress.ts';
import {
  addCounts,
  type Counts,
  type FrozenRun,
  noCounts,
  PartCutter,
  type PartText,
  type RunCause,
} from '#domain/deliver/run.ts';
import type { Instant } from '#domain/time.ts';
import { nowOf } from './deliver-world.ts';
import { save, type Turn } from './delivery-turn.ts';
import { type Scan, scanRun } from './scan-run.ts';

/** The run, and its texts if it was made just now. */
export type NextRun = { run: FrozenRun; parts?: PartText[] | undefined };

const manifestEveryMs = 24 * 3_600_000;
/** A stretch without rows is recorded this often, since each record is a put. */
const moveEveryMs = 60_000;

/** `moved`: nothing was found so far, and more is to be read; `idle`: there is nothing to be sent now. */
export const nextRun = async (turn: Turn): Promise<NextRun | 'moved' | 'idle'> => {
  const { world, delivery, progress } = turn;
  const open = await world.work.run(delivery, progress.run + 1);
  // Whoever pauses, or lost the right to have it, gets no more events: the run is sent after the resumption.
  if (open) return delivery.definition!.paused && open.rows > 0 ? 'idle' : { run: open };
  const due = dueManifest(progress, delivery.definition!.paused, world.nowMs());
  if (due === 'pause' || due === 'resume') return freeze(turn, { cause: due });
  if (delivery.definition!.paused) return 'idle';
  const to = answerableTo(await world.watermarks.all(), [turn.bucket]);
  if (to === undefined || to <= progress.scanned_to)
    return due === 'daily' ? freeze(turn, { cause: due }) : 'idle';
  const { bucket, hasTime } = turn;
  const found = (): Promise<unknown> => turn.open();
  const scan = await scanRun(world, { delivery, bucket, from: progress.scanned_to, to, hasTime, found });
  if (scan.kept.length > 0) return freeze(turn, { cause: 'rows', scan });
  const pending = addCounts(progress.pending, scan.counts);
  if (due === 'daily') return freeze(turn, { cause: due, scan });
  const isAll = scan.upTo >= to;
  await move(turn, scan.upTo, { pending, isAll });
  return isAll ? 'idle' : 'moved';
};

const move = async (
  turn: Turn,
  upTo: Instant,
  { pending, isAll }: { pending: Counts; isAll: boolean },
): Promise<void> => {
  const { progress, world } = turn;
  const isCounted = pending.read !== progress.pending.read;
  const movedMs = Date.parse(upTo) - Date.parse(progress.scanned_to);
  if (!isAll || isCounted || movedMs >= moveEveryMs)
    await save(turn, { ...withMove(progress, upTo, pending), served_at: nowOf(world) });
};

const dueManifest = (
  { last_manifest, tested_at, unnamed_stop }: Progress,
  isPaused: boolean,
  nowMs: number,
): Exclude<RunCause, 'rows'> | undefined => {
  const isPauseSaid = last_manifest?.cause === 'pause';
  if (isPaused) return isPauseSaid ? undefined : 'pause';
  if (isPauseSaid || unnamed_stop) return 'resume';
  const last = last_manifest?.at ?? tested_at;
  // In whichever direction: a clock that was ahead must not silence a delivery.
  return last !== null && Math.abs(nowMs - Date.parse(last)) >= manifestEveryMs ? 'daily' : undefined;
};

const freeze = async (
  turn: Turn,
  { cause, scan }: { cause: RunCause; scan?: Scan | undefined },
): Promise<NextRun> => {
  const { world, delivery, progress } = turn;
  const sender = await turn.open();
  const definition = delivery.definition!;
  const rows = scan?.kept ?? [];
  const ocsf = definition.format === 'ocsf' ? tableOfRows(world.ocsf, rows) : undefined;
  const form = formOf(definition.format, definition.form_version, ocsf);
  const cutter = new PartCutter(sender.limits ?? { rows: Infinity, textBytes: Infinity });
  for (const cells of rows) cutter.add(form.line(cells), cells);
  cutter.cut();
  const counts = addCounts(progress.pending, scan?.counts ?? noCounts);
  const run: FrozenRun = {
    format: 1,
    run: progress.run + 1,
    cause,
    from: progress.end,
    to: scan?.upTo ?? progress.scanned_to,
    rows_from: progress.scanned_to,
    definition_version: delivery.definitionVersion,
    form: { format: form.format, version: form.version, ...(ocsf ? { ocsf } : {}) },
    ...(definition.filter ? { filter: definition.filter } : {}),
    ...counts,
    rows: rows.length,
    left_out: cutter.parts.length === 0 ? [] : scan!.leftOut,
    parts: cutter.parts.map(({ text, events, sha256 }) => ({
      rows: events.length,
      text_bytes: text.length,
      sha256,
    })),
    frozen_at: nowOf(world),
    ...(progress.unnamed_stop ? { stopped: progress.unnamed_stop } : {}),
    ...(progress.restored === undefined ? {} : { restored: progress.restored }),
  };
  const frozen = await world.work.freeze(delivery, run);
  return { run: frozen, parts: frozen === run ? cutter.parts : undefined };
};
