import { describe, expect, it } from 'vitest';
import { ApiProblem } from '#web/api.ts';
import { type FollowWorld, followLog, type Rest } from '#web/log/follow.ts';
import { idleMs, type Presence } from '#web/log/live.ts';

type Step = (presence: Presence) => void;

/**
 * A world whose clock moves only as it waits. Each answer is how many events come, or what is thrown; after the last
 * one nobody follows. A step changes the presence during the wait of its number.
 */
const run = async (answers: readonly (number | Error)[], steps: Readonly<Record<number, Step>> = {}) => {
  const stop = new AbortController();
  const presence: Presence = { isHidden: false, isOnline: true, inputAtMs: 0 };
  const waits: (number | undefined)[] = [];
  const rests: (Rest | undefined)[] = [];
  const askedAtMs: number[] = [];
  let nowMs = 0;
  let leads = 0;
  const left = [...answers];
  const world: FollowWorld = {
    nowMs: () => nowMs,
    presence: () => presence,
    wait: async ms => {
      const step = steps[waits.push(ms) - 1];
      step?.(presence);
      if (!step) nowMs += ms ?? 0;
      if (!step && ms === undefined) stop.abort(new Error('nothing wakes it'));
    },
    lead: async whole => {
      leads++;
      await whole();
    },
    ask: async () => {
      askedAtMs.push(nowMs);
      const answer = left.shift();
      if (answer === undefined) stop.abort(new Error('the end'));
      stop.signal.throwIfAborted();
      if (answer instanceof Error) throw answer;
      return answer!;
    },
    onRest: rest => {
      if (rest !== rests.at(-1) || rests.length === 0) rests.push(rest);
    },
  };
  const why = await followLog(world, stop.signal).catch((error: Error) => error.message);
  return { why, waits, rests, askedAtMs, leads };
};

const away = new ApiProblem({ status: 503, code: 'starting', detail: '' });

describe('following a log', () => {
  it('doubles its pause to a minute, and begins anew once something comes', async () => {
    const { waits, why } = await run([0, 0, 0, 0, 0, 0, 2, 0]);
    expect(waits).toEqual([5000, 10_000, 20_000, 40_000, 60_000, 60_000, 5000, 10_000]);
    expect(why).toBe('the end');
  });

  it('asks at once for more of the same moment', async () => {
    const { waits } = await run([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 3]);
    expect(waits).toEqual([5000]);
  });

  it.each<[Rest, Step, Step]>([
    ['hidden', presence => (presence.isHidden = true), presence => (presence.isHidden = false)],
    ['offline', presence => (presence.isOnline = false), presence => (presence.isOnline = true)],
  ])('rests while it is %s, lets another tab ask, and then asks at once', async (rest, begin, end) => {
    const { rests, waits, askedAtMs, leads } = await run([0], { 0: begin, 1: end });
    expect(rests).toEqual(['elsewhere', undefined, rest, 'elsewhere']);
    expect(waits).toEqual([5000, undefined]);
    expect(askedAtMs).toEqual([0, 0]);
    expect(leads).toBe(2);
  });

  it('rests after half an hour without input', async () => {
    const { rests, askedAtMs, why } = await run(Array.from({ length: 100 }, () => 0));
    expect(rests).toEqual(['elsewhere', undefined, 'idle']);
    expect(askedAtMs.at(-1)).toBeGreaterThan(idleMs - 60_000);
    expect(askedAtMs.at(-1)).toBeLessThanOrEqual(idleMs);
    expect(why).toBe('nothing wakes it');
  });

  it('goes on with its pause if what woke it is no reason to rest', async () => {
    const { waits } = await run([0], { 0: () => {} });
    expect(waits).toEqual([5000, 5000]);
  });

  it('asks again in a minute if the server is away, and ends with a refusal', async () => {
    const refusal = new ApiProblem({ status: 400, code: 'invalid_parameter', detail: 'x' });
    const { waits, rests, why } = await run([away, 1, refusal]);
    expect(waits).toEqual([60_000, 5000]);
    expect(rests).toEqual(['elsewhere', 'away', undefined]);
    expect(why).toBe(refusal.message);
  });
});
