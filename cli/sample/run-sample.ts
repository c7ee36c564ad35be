/**
 * The sample: an installation with a log that looks like a company's and goes on while it runs. What happened in
 * the days before is filed at once, then a request every few seconds, at most as many as a few days have.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { grant } from '#cli/commands/admin.ts';
import { type Connection, connect } from '#cli/connection.ts';
import { say } from '#cli/output.ts';
import { postAll } from '#cli/send/post-events.ts';
import { visible } from '#cli/terminal.ts';
import type { Installation } from '#embedded/installation.ts';
import { noteFilled, type SampleMark } from './sample-directory.ts';
import { type SampleEvent, sampleAdmin, sampleHistory, sampleMoment, sampleScope } from './sample-events.ts';

const pauseMs = 5000;
const maxMoments = 50_000;

/** Fills the log, if it is not filled, and makes the sample's user its admin. */
export const fillSample = async (
  { url, keys, data }: Pick<Installation, 'url' | 'keys' | 'data'>,
  mark: SampleMark,
): Promise<void> => {
  const operator = await connect({ url, token: keys.operator, json: true }, 'operator');
  await grant(operator, sampleScope.id, sampleAdmin);
  if (mark.is_filled) return;
  const emitter = await connect({ url, token: keys.emitter, json: true }, 'emitter');
  await send(emitter, sampleHistory(mark.began_ms));
  await noteFilled(data, mark);
};

/** Has the log go on; returns what ends that. */
export const goOn = (
  { url, keys }: Pick<Installation, 'url' | 'keys'>,
  everyMs = pauseMs,
): (() => Promise<void>) => {
  const end = new AbortController();
  const done = trickle(url, keys.emitter, { everyMs, signal: end.signal });
  return async () => {
    end.abort();
    await done;
  };
};

const trickle = async (
  url: string,
  token: string,
  { everyMs, signal }: { everyMs: number; signal: AbortSignal },
): Promise<void> => {
  try {
    const emitter = await connect({ url, token, json: true }, 'emitter');
    const began = Date.now();
    for (let n = 0; n < maxMoments && !signal.aborted; n++) {
      await send(emitter, sampleMoment(`${began} live ${n}`, Date.now() - 1000));
      await sleep(everyMs, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) say(visible(`The sample does not go on: ${(error as Error).message}`));
  }
};

const send = async (emitter: Connection, events: readonly SampleEvent[]): Promise<void> => {
  await postAll(
    emitter,
    events.map(event => Buffer.from(JSON.stringify(event))),
  );
};
