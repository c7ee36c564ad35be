import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { receiverClock } from '#domain/receive/receiver-clock.ts';

describe("the receiver's clock", () => {
  it('strictly increases, whatever the two clocks do', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: -5000, max: 5000 }), fc.float({ min: 0, max: 50, noNaN: true })),
          { minLength: 2 },
        ),
        steps => {
          let wall = 1_700_000_000_000;
          let monotonic = 100;
          const clock = receiverClock(
            () => wall,
            () => monotonic,
          );
          let last = clock.tick();
          for (const [wallStep, monotonicStep] of steps) {
            wall += wallStep;
            monotonic += monotonicStep;
            const next = clock.tick();
            expect(next > last).toBe(true);
            expect(next).toHaveLength(30);
            last = next;
          }
        },
      ),
    );
  });

  it('refines the wall clock by the monotonic clock', () => {
    let monotonic = 5;
    const clock = receiverClock(
      () => 1_700_000_000_000,
      () => monotonic,
    );
    monotonic = 6.25;
    expect(clock.tick()).toBe('2023-11-14T22:13:20.001250000Z');
  });

  it('is read again after a freeze', () => {
    let wall = 1_700_000_000_000;
    const clock = receiverClock(
      () => wall,
      () => 5,
    );
    wall += 3_600_000;
    expect(clock.tick()).toBe('2023-11-14T23:13:20.000000000Z');
  });
});
