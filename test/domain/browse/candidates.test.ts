import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Candidates, type Copy } from '#domain/browse/candidates.ts';
import { compareNewestFirst, keyText } from '#domain/browse/event-key.ts';

const at = (n: number) => `2026-11-23T12:00:00.${String(n).padStart(9, '0')}Z`;
const start = { occurredAt: at(1000) };
const unlimited = { matches: 1e9, bytes: 1e9, events: 1e9 };
const copy = (occurred: number, filed: number, change: Partial<Copy<string>> = {}): Copy<string> => ({
  key: { occurredAt: at(occurred), id: 'a', scopeId: 'acme' },
  filedAt: at(filed),
  sha256: 'a',
  isMatch: true,
  bytes: 1,
  content: `${occurred} ${filed}`,
  ...change,
});

describe('the candidates of a walk', () => {
  it('keep the copy that was filed first, whatever comes first, and decide by that one', () => {
    const candidates = new Candidates<string>(unlimited, start, undefined);
    candidates.add(copy(1, 20));
    candidates.add(copy(1, 10, { isMatch: false }));
    candidates.add(copy(1, 30));
    candidates.add(copy(2, 20, { isMatch: false }));
    candidates.add(copy(2, 10));
    const { events, upTo } = candidates.decided(undefined);
    expect(events.map(({ isMatch, filedAt, content }) => [isMatch, filedAt, content])).toEqual([
      [true, at(10), '2 10'],
      [false, at(10), undefined],
    ]);
    expect(upTo).toBeUndefined();
  });

  it('are those before the position and from the beginning on', () => {
    const candidates = new Candidates<string>(
      unlimited,
      { occurredAt: at(5), event: { id: 'b', scopeId: 'acme' } },
      at(3),
    );
    for (const n of [2, 3, 4, 5, 6]) candidates.add(copy(n, 10));
    expect(candidates.decided(undefined).events.map(({ key }) => key.occurredAt)).toEqual([5, 4, 3].map(at));
    expect(candidates.mayWant(at(6), at(9))).toBe(false);
    expect(candidates.mayWant(at(1), at(2))).toBe(false);
    expect(candidates.wantsAt(at(3))).toBe(true);
  });

  it('go on from the newest event that an earlier call has found', () => {
    const candidates = new Candidates<string | undefined>(unlimited, start, undefined);
    candidates.startWith([copy(5, 50, { sha256: '', content: undefined as unknown as string })]);
    for (const n of [4, 6]) candidates.add(copy(n, 10));
    candidates.add(copy(5, 40));
    expect(candidates.newest(1)).toEqual([{ key: copy(6, 0).key, filedAt: at(10) }]);
    const { events, upTo } = candidates.decided(undefined);
    expect(events.map(({ content }) => content)).toEqual(['6 10', '5 40']);
    expect(upTo).toMatchObject({ occurredAt: at(5), event: { id: 'a' } });
  });

  it('of an earlier call that are too many keep the floor above those that were dropped', () => {
    const candidates = new Candidates<string | undefined>({ ...unlimited, matches: 1 }, start, undefined);
    const known = [7, 6, 5].map(n => copy(n, 50, { sha256: '', content: undefined as unknown as string }));
    candidates.startWith(known);
    const { events, upTo } = candidates.decided(undefined);
    expect(events.map(({ key }) => key)).toEqual([known[0]!.key]);
    expect(upTo).toMatchObject({ occurredAt: at(7) });
  });

  it('of which the oldest are dropped once there are more than the slack allows', () => {
    const floorAfter = (count: number, slack: object) => {
      const candidates = new Candidates<string>({ ...unlimited, events: 4, ...slack }, start, undefined);
      for (let n = 0; n < count; n++) candidates.add(copy(100 - n, 10));
      return candidates.floor;
    };
    expect(floorAfter(8, {})).toBeUndefined();
    expect(floorAfter(9, {})).toBe(at(97));
    expect(floorAfter(5, { slack: 1.25 })).toBeUndefined();
    expect(floorAfter(6, { slack: 1.25 })).toBe(at(97));
  });

  it('in little memory are the newest of all, decided up to the floor', () => {
    const copies = fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 9 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
      ),
      { maxLength: 200 },
    );
    const limits = fc.record({
      matches: fc.integer({ min: 1, max: 5 }),
      bytes: fc.integer({ min: 1, max: 20 }),
      slack: fc.constantFrom(1, 1.125, 2),
      events: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(
        copies,
        limits,
        fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
        (given, limit, from) => {
          const all = new Candidates<string>(unlimited, start, undefined);
          const few = new Candidates<string>(limit, start, undefined);
          for (const [occurred, filed, isMatch, bytes] of given) {
            // Of one filing there is one copy.
            const one = copy(occurred, occurred * 10 + filed, {
              isMatch: isMatch === (filed % 2 === 0),
              bytes,
            });
            all.add(one);
            few.add(one);
          }
          const since = from === undefined ? undefined : at(from);
          const { events, upTo } = few.decided(since);
          const expected = all
            .decided(since)
            .events.filter(
              ({ key }) =>
                upTo?.event === undefined ||
                compareNewestFirst(key, { occurredAt: upTo.occurredAt, ...upTo.event }) <= 0,
            );
          expect(events.map(({ key, filedAt, isMatch }) => [keyText(key), filedAt, isMatch])).toEqual(
            expected.map(({ key, filedAt, isMatch }) => [keyText(key), filedAt, isMatch]),
          );
          if (all.decided(undefined).events.length > 0 && upTo?.event)
            expect(events.length).toBeGreaterThan(0);
        },
      ),
    );
  });
});
