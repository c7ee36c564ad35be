import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  earliestFiling,
  laneOf,
  lastOntimeFiling,
  lateBefore,
  lateBeforeEach,
} from '#domain/archive/lane.ts';
import { consecutiveInstants, instantOf, nanosecondsOf } from '#domain/time.ts';

const filedAt = '2026-11-23T12:00:00.000000000Z';
const start = nanosecondsOf('2026-01-02T00:00:00.000000000Z');
const instants = fc.bigInt({ min: 0n, max: 3n * 86_400_000_000_000n }).map(ns => instantOf(start + ns));

describe('a lane', () => {
  it('is late if the event was filed more than 24 hours after it occurred', () => {
    expect(laneOf('2026-11-22T12:00:00.000000000Z', lateBefore(filedAt))).toBe('ontime');
    expect(laneOf('2026-11-22T11:59:59.999999999Z', lateBefore(filedAt))).toBe('late');
  });

  it('is found for many rows at once as for each', () => {
    const rows = 1000;
    const first = '2026-11-23T23:59:59.999999500Z';
    expect(lateBeforeEach(first, rows)).toEqual(
      consecutiveInstants(nanosecondsOf(first), rows).map(lateBefore),
    );
  });

  it('is ontime only for what was filed before the last filing that a reader looks at', () => {
    fc.assert(
      fc.property(instants, instants, (occurred, filed) => {
        const isOntime = laneOf(occurred, lateBefore(filed)) === 'ontime';
        expect(isOntime).toBe(filed <= lastOntimeFiling(occurred));
      }),
    );
  });

  it('may be read from a day before the event on, since receive takes none further ahead', () => {
    expect(earliestFiling(filedAt)).toBe('2026-11-22T12:00:00.000000000Z');
  });
});
