import { describe, expect, it } from 'vitest';
import {
  firstProgress,
  isPauseOver,
  isProgress,
  type Progress,
  stateOf,
  stopOf,
  undeliveredCount,
  withFailure,
  withPart,
  withSuccess,
} from '#domain/deliver/progress.ts';
import { definition } from '#test/support/deliver-world.ts';

const start = '2026-11-26T10:00:00.000000000Z';
const nowMs = Date.parse(start);
const tested: Progress = { ...firstProgress(start), tested_at: start };
const active = { definition, resumes: 0 };
const when = { nowMs, resumes: 0, random: 1 };

describe('the progress of a delivery', () => {
  it('waits longer after each failure, up to 15 minutes', () => {
    let progress = tested;
    const waits: number[] = [];
    for (let n = 0; n < 10; n++) {
      progress = withFailure(progress, { code: 'timed_out' }, when);
      waits.push((Date.parse(progress.failing!.next_at) - nowMs) / 1000);
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
  });

  it('waits as long as the receiver asks, and 15 minutes at most', () => {
    const wait = (afterMs: number) =>
      Date.parse(withFailure(tested, { code: 'throttled', afterMs }, when).failing!.next_at) - nowMs;
    expect(wait(60_000)).toBe(60_000);
    expect(wait(86_400_000)).toBe(900_000);
  });

  it('is stopped by what no later try can mend, until it is resumed', () => {
    const stopped = withFailure(tested, { code: 'bucket_missing', status: 404 }, when);
    expect(stopped.failing).toBeNull();
    expect(stateOf(active, stopped, false)).toBe('stopped');
    expect(stopOf(stopped, { resumes: 1 })).toBeNull();
    expect(stateOf({ ...active, resumes: 1 }, stopped, false)).toBe('active');
  });

  it('says that it works again only if it had failed', () => {
    expect(withSuccess(tested, start).unsaid).toBeNull();
    const failing = withFailure(tested, { code: 'timed_out' }, when);
    expect(failing.unsaid).toMatchObject({ kind: 'fail', code: 'timed_out' });
    expect(withSuccess(failing, start)).toMatchObject({ failing: null, unsaid: { kind: 'recover' } });
  });

  it('waits no longer than any pause if the clock was ahead when it failed', () => {
    const failing = withFailure(tested, { code: 'timed_out' }, { ...when, nowMs: nowMs + 1e12 });
    expect(isPauseOver(failing, nowMs)).toBe(true);
    const now = withFailure(tested, { code: 'timed_out' }, when);
    expect([isPauseOver(now, nowMs), isPauseOver(now, nowMs + 5000)]).toEqual([false, true]);
  });

  it('stays small while a receiver refuses every event, and counts them all', () => {
    const event = (n: number) => ({
      ...{ id: String(n), occurred_at: start, run: 1 },
      ...{ code: 'refused' as const, status: 403, at: start },
    });
    let progress = tested;
    for (let part = 0; part < 5; part++) {
      const undelivered = Array.from({ length: 1000 }, (_, n) => event(part * 1000 + n));
      progress = withPart(progress, { undelivered, retimed: 1, at: start });
    }
    expect(progress.parts_undelivered).toHaveLength(1000);
    expect([progress.parts_done, progress.parts_retimed, undeliveredCount(progress)]).toEqual([5, 5, 5000]);
    // A record of an earlier version has no number.
    const { parts_undelivered_count: _, ...old } = withPart(tested, {
      undelivered: [event(1)],
      retimed: 0,
      at: start,
    });
    expect(undeliveredCount(withPart(old, { undelivered: [event(2)], retimed: 0, at: start }))).toBe(2);
  });

  it('names its state', () => {
    expect(stateOf(active, firstProgress(start), false)).toBe('pending');
    expect(stateOf(active, tested, false)).toBe('active');
    expect(stateOf(active, tested, true)).toBe('waiting');
    expect(stateOf(active, withFailure(tested, { code: 'timed_out' }, when), true)).toBe('failing');
    expect(stateOf({ ...active, definition: { ...definition, paused: true } }, tested, false)).toBe('paused');
  });

  it('is whole with its times alone', () => {
    expect(isProgress(tested)).toBe(true);
    expect(isProgress({ ...tested, scanned_to: 'x' })).toBe(false);
  });
});
