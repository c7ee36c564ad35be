import { describe, expect, it } from 'vitest';
import { maxIdleMs, maxSessionMs, Sessions, steadyClock, type Visitor } from '#embedded/access/sessions.ts';

const ada: Visitor = { role: 'admin', userId: 'ada', scopeId: 'acme' };
const at = (start = 0) => {
  const clock = { ms: start };
  return { clock, sessions: new Sessions(() => clock.ms, 10_000) };
};

describe('a session', () => {
  it('is found by its id alone, and has another id than every other', () => {
    const { sessions } = at();
    const first = sessions.begin(ada);
    const second = sessions.begin(ada);
    expect(first.id).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(first.id).not.toBe(second.id);
    expect(sessions.use(first.id)?.visitor).toEqual(ada);
    expect(sessions.use(`${first.id}x`)).toBeUndefined();
    expect(sessions.use('')).toBeUndefined();
  });

  it('ends once it has been idle for 30 minutes, and a look at it is not a use', () => {
    const { clock, sessions } = at();
    const { id } = sessions.begin(ada);
    clock.ms = maxIdleMs - 1;
    expect(sessions.use(id)).toBeDefined();
    clock.ms += maxIdleMs - 1;
    expect(sessions.look(id)).toBeDefined();
    clock.ms += 1;
    expect(sessions.look(id)).toBeUndefined();
    expect(sessions.use(id)).toBeUndefined();
    expect(sessions.size).toBe(0);
  });

  it('ends after 12 hours, however much it is used', () => {
    const { clock, sessions } = at();
    const { id } = sessions.begin(ada);
    for (; clock.ms < maxSessionMs; clock.ms += 60_000) {
      const session = sessions.use(id);
      expect(session!.idleEndsMs).toBeLessThanOrEqual(maxSessionMs);
    }
    expect(sessions.use(id)).toBeUndefined();
  });

  it('ends when somebody signs out', () => {
    const { sessions } = at();
    const { id } = sessions.begin(ada);
    sessions.end(id);
    sessions.end(id);
    expect(sessions.use(id)).toBeUndefined();
  });
});

describe('the sessions', () => {
  it('are at most 10,000: one more ends the one that has been idle longest', () => {
    const { clock, sessions } = at();
    const ids = Array.from({ length: 10_000 }, () => {
      clock.ms += 1;
      return sessions.begin(ada).id;
    });
    expect(sessions.use(ids[0]!)).toBeDefined();
    for (let more = 0; more < 100; more++) sessions.begin(ada);
    expect(sessions.size).toBe(10_000);
    expect(sessions.look(ids[0]!)).toBeDefined();
    expect(sessions.look(ids[1]!)).toBeUndefined();
    expect(sessions.look(ids[100]!)).toBeUndefined();
    expect(sessions.look(ids[101]!)).toBeDefined();
  });

  it('that have ended are forgotten when another begins', () => {
    const { clock, sessions } = at();
    for (let n = 0; n < 100; n++) sessions.begin(ada);
    clock.ms = maxIdleMs;
    sessions.begin(ada);
    expect(sessions.size).toBe(1);
  });
});

describe('the clock of sessions', () => {
  it('goes on while the clock is set back, and while the machine sleeps', () => {
    const clocks = { wall: 1_000_000, monotonic: 50 };
    const now = steadyClock(
      () => clocks.wall,
      () => clocks.monotonic,
    );
    expect(now()).toBe(1_000_000);
    clocks.wall -= 500_000;
    clocks.monotonic += 10;
    expect(now()).toBe(1_000_010);
    clocks.wall = 9_000_000;
    expect(now()).toBe(9_000_000);
  });
});
