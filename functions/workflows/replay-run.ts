/**
 * Sends recorded runs again, from their frozen form: the text is equal, under the same ids, and apart from what was
 * sent first.
 */
import { partKey } from '#domain/deliver/layout.ts';
import { withSuccess } from '#domain/deliver/progress.ts';
import type { Part } from '#domain/deliver/sender.ts';
import { nowOf } from './deliver-world.ts';
import { etagOf, save, type Turn } from './delivery-turn.ts';
import { endRun, manifestPart, partOf, type RunOutcome, sendInTime, textOfRun } from './send-run.ts';

/** Sends the next run of the first replay that is not done: `none` if there is none. */
export const replayNext = async (turn: Turn): Promise<RunOutcome | 'none'> => {
  const { world, delivery, progress } = turn;
  const replay = delivery.replays[progress.replays_done];
  if (!replay || delivery.definition!.paused) return 'none';
  await turn.open();
  const n = progress.replay_run ?? replay.first_run;
  const run = await world.work.run(delivery, n);
  const manifest = await world.work.manifest(delivery, n);
  if (run && manifest) {
    const texts = await textOfRun(world, turn, run);
    const parts = [
      ...texts.map((text, at) => partOf(turn, run, text, at + 1)),
      manifestPart(turn, run, manifest),
    ];
    for (const [place, part] of parts.entries()) {
      if (place < (turn.progress.replay_parts ?? 0)) continue;
      const outcome = await sendInTime(turn, asReplay(part, replay.id));
      if (outcome.kind !== 'done') return endRun(turn, outcome);
      // Before what is known in memory differs from what is stored.
      turn.etag ??= await etagOf(turn);
      turn.progress = { ...withSuccess(turn.progress, nowOf(world)), replay_parts: place + 1 };
    }
  } else
    world.log('error', 'The record of a run that is to be sent again is gone, so it is left out', {
      delivery_id: delivery.id,
      run: n,
    });
  const isLast = n >= replay.last_run;
  await save(turn, {
    ...withSuccess(turn.progress, nowOf(world)),
    replay_run: isLast ? null : n + 1,
    replay_parts: 0,
    replays_done: progress.replays_done + (isLast ? 1 : 0),
  });
  return 'done';
};

const asReplay = (part: Part, replay: string): Part => {
  const { run, end, kind } = part;
  const name = { run, end, replay };
  return {
    ...part,
    replay,
    key: partKey(kind === 'rows' ? { ...name, kind, part: part.part } : { ...name, kind }),
  };
};
