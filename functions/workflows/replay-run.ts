/**
 * Sends recorded runs again, from their frozen form: the text is equal, under the same ids, and apart from what was
 * sent first.
 */
import { partKey } from '#domain/deliver/layout.ts';
import { withSuccess } from '#domain/deliver/progress.ts';
import type { Part } from '#domain/deliver/sender.ts';
import { nowOf } from './deliver-world.ts';
import { fail, save, type Turn } from './delivery-turn.ts';
import { manifestPart, partOf, textOfRun } from './send-run.ts';

/** Sends the next run of the first replay that is not done: `none` if there is none, `later` if it failed. */
export const replayNext = async (turn: Turn): Promise<'sent' | 'none' | 'later'> => {
  const { world, delivery, progress } = turn;
  const replay = delivery.replays[progress.replays_done];
  if (!replay || delivery.definition!.paused) return 'none';
  const n = progress.replay_run ?? replay.first_run;
  const run = await world.work.run(delivery, n);
  const manifest = await world.work.manifest(delivery, n);
  if (run && manifest) {
    const texts = await textOfRun(world, turn, run);
    const parts = [
      ...texts.map((text, at) => partOf(turn, run, text, at + 1)),
      manifestPart(turn, run, manifest),
    ];
    for (const part of parts) {
      const outcome = await turn.sender.send(asReplay(part, replay.id), turn.signal);
      if (outcome.kind === 'done') continue;
      await fail(turn, outcome);
      return 'later';
    }
  }
  const isLast = n >= replay.last_run;
  await save(turn, {
    ...withSuccess(turn.progress, nowOf(world)),
    replay_run: isLast ? null : n + 1,
    replays_done: progress.replays_done + (isLast ? 1 : 0),
  });
  return 'sent';
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
