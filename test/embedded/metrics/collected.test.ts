import { describe, expect, it } from 'vitest';
import { Collected } from '#embedded/metrics/collected.ts';

describe('what the stages count', () => {
  it('is added up, and what they measure is kept as it was last', () => {
    const collected = new Collected(() => 0);
    collected.count({ AcceptedEvents: 2, OpenGaps: 5 });
    collected.of('tick')({ AcceptedEvents: 1, OpenGaps: 1 });
    expect(collected.values).toEqual({ AcceptedEvents: 3, OpenGaps: 1 });
  });

  it('shows for how long a stage has been silent, from its beginning on', () => {
    let now = 0;
    const collected = new Collected(() => now);
    expect(collected.silentMs('tick')).toBeUndefined();
    const count = collected.of('tick');
    now = 70;
    expect(collected.silentMs('tick')).toBe(70);
    count({ OpenGaps: 0 });
    now = 90;
    expect([collected.silentMs('tick'), collected.silentMs('compact')]).toEqual([20, undefined]);
  });
});
