import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Term } from '#domain/filter/term.ts';
import { addDays, type Instant, instantOfMilliseconds } from '#domain/time.ts';
import {
  cellsOf,
  type Delivery,
  exportOf,
  matching,
  openBrowseWorld,
  uuid,
} from '#test/support/browse-world.ts';
import type { StoredBytes } from '#test/support/memory-bucket.ts';

const base = Date.parse('2026-11-10T00:00:00Z');
const minute = 60_000;
const end = instantOfMilliseconds(base + 12 * 24 * 60 * minute);

/** What is sent: the same few events again and again, on time and late, with other contents. */
const sent = fc.record({
  n: fc.integer({ min: 0, max: 12 }),
  scope: fc.constantFrom('acme', 'acme', 'other', undefined),
  occurred: fc.integer({ min: 0, max: 5 }),
  after: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 6 * 24 * 60 })),
  action: fc.constantFrom('user.login', 'user.logout', 'order.refund'),
  success: fc.boolean(),
});
type Sent = typeof sent extends fc.Arbitrary<infer T> ? T : never;

/** Filed one after another: no two rows of a bucket have the same time. */
const deliveriesOf = (given: readonly Sent[]): Delivery[] =>
  given.map(({ n, scope, occurred, after, action, success }, at) => ({
    id: uuid(n),
    occurredAt: instantOfMilliseconds(base + occurred * 20 * 60 * minute),
    filedAt: instantOfMilliseconds(base + (occurred * 20 * 60 + after) * minute, at),
    scope,
    // Copies of an event differ in it.
    change: { action, success, payload: { branch: at % 2 === 0 ? 'main' : 'dev', runs: [{ n: at % 3 }] } },
  }));

const filters: Record<string, { asked: object; filter: { terms: Record<string, Term[]>; q?: string } }> = {
  none: { asked: {}, filter: { terms: {} } },
  prefix: {
    asked: { action: 'user.*' },
    filter: { terms: { action: [{ isNegated: false, kind: 'prefix', value: 'user.' }] } },
  },
  negated: {
    asked: { action: '-user.login', success: 'true' },
    filter: {
      terms: {
        action: [{ isNegated: true, kind: 'value', value: 'user.login' }],
        success: [{ isNegated: false, kind: 'value', value: 'true' }],
      },
    },
  },
  path: {
    asked: { payload: 'branch:main,-runs.n:2' },
    filter: {
      terms: {
        payload: [
          { path: ['branch'], isNegated: false, kind: 'value', value: 'main' },
          { path: ['runs', 'n'], isNegated: true, kind: 'value', value: '2' },
        ],
      },
    },
  },
  text: { asked: { q: 'REFUND' }, filter: { terms: {}, q: 'refund' } },
};
type Budget = { milliseconds: number; bytesRead: number };
const budgets: Budget[] = [
  { milliseconds: 1000, bytesRead: 1e9 },
  { milliseconds: 1000, bytesRead: 1 },
];

const window = fc.record({
  from: fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined }),
  to: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
});
const instantAt = (n: number): Instant => instantOfMilliseconds(base + n * 20 * 60 * minute);

/** A call that ended while it read knew three events, of which two do not match, and one event has room on a page. */
const login = { n: 0, scope: 'acme', occurred: 3, after: 0, action: 'user.login', success: false } as const;
const tooManyKnown: [
  Sent[],
  Sent[],
  string,
  { from: undefined; to: undefined },
  number,
  Budget,
  'acme',
  'every day',
  'never',
] = [
  [
    login,
    { ...login, occurred: 0 },
    { ...login, n: 2 },
    { ...login, n: 1, action: 'user.logout', success: true },
  ],
  [],
  'negated',
  { from: undefined, to: undefined },
  1,
  budgets[1]!,
  'acme',
  'every day',
  'never',
];

/** Of all segments, some are missing, some changed, and some another version of the same bytes. */
const damage = (views: Map<string, StoredBytes>): void => {
  for (const [n, key] of [...views.keys()].entries())
    if (n % 3 === 0) views.delete(key);
    else if (n % 3 === 1) views.get(key)!.bytes.fill(0, 20, 40);
    else views.get(key)!.etag = '"copied"';
};

describe('a browsed log', () => {
  it('is the export turned round, whatever arrives between its pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sent, { maxLength: 40 }),
        fc.array(sent, { maxLength: 10 }),
        fc.constantFrom(...Object.keys(filters)),
        window,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(...budgets),
        fc.constantFrom('acme', undefined),
        fc.constantFrom('no days', 'some days', 'every day', 'damaged days'),
        fc.constantFrom('never', 'before', 'meanwhile', 'damaged'),
        async (before, meanwhile, name, { from, to }, limit, budget, scope, compacted, recent) => {
          if (from !== undefined && to !== undefined && from >= to) return;
          const { file, compact, compactRecently, places, pages } = await openBrowseWorld({ budget });
          const deliveries = deliveriesOf(before);
          const sorted = [...deliveries].sort((a, b) => (a.filedAt < b.filedAt ? -1 : 1));
          // In objects of a few rows each.
          for (let at = 0; at < sorted.length; at += 3) {
            const next = sorted.slice(at, at + 3);
            await file(next, next.at(-1)!.filedAt);
            if (compacted === 'some days' && at === 18) await compact();
            if (recent !== 'never' && at % 9 === 6) await compactRecently();
          }
          await file([], end);
          if (compacted === 'every day' || compacted === 'damaged days') await compact();
          if (compacted === 'damaged days') damage(places.views);
          const { asked, filter } = filters[name]!;
          const later = deliveriesOf(meanwhile).map((one, at) => ({ ...one, filedAt: addDays(end, 1 + at) }));
          const found = await pages(
            {
              ...asked,
              ...(scope === undefined ? { all_scopes: true, reason: 'test' } : { scope_id: scope }),
              ...(from === undefined ? {} : { from: instantAt(from) }),
              ...(to === undefined ? {} : { to: instantAt(to) }),
              limit,
            },
            async () => {
              const next = later.shift();
              if (next) await file([next], next.filedAt);
              if (recent === 'meanwhile' || recent === 'damaged') await compactRecently();
              if (recent === 'damaged') damage(places.views);
            },
          );
          const expected = exportOf(
            deliveries,
            ({ scope_id, occurred_at }) =>
              (scope === undefined || scope_id === scope) &&
              (from === undefined || String(occurred_at) >= instantAt(from)) &&
              (to === undefined || String(occurred_at) < instantAt(to)),
            matching(filter),
          ).reverse();
          const given = found.flatMap(({ events }) => events);
          expect(
            given.map(({ id, occurred_at, action, scope: of, success }) => [
              id,
              occurred_at,
              action,
              of,
              String(success),
            ]),
          ).toEqual(
            expected.map(({ id, occurred_at, action, scope: of, success }) => [
              id,
              occurred_at,
              action,
              of === null ? null : JSON.parse(of!),
              success,
            ]),
          );
          for (const [n, { events, scanned_to, complete_to }] of found.entries()) {
            expect(complete_to).toBe(found[0]!.complete_to);
            expect(events.length).toBeLessThanOrEqual(limit);
            for (const { occurred_at } of events) expect(occurred_at >= scanned_to!).toBe(true);
            // What is older than this page has scanned comes in the next ones.
            for (const { occurred_at } of found.slice(n + 1).flatMap(page => page.events))
              if (scanned_to !== null) expect(occurred_at <= scanned_to).toBe(true);
          }
        },
      ),
      { numRuns: 150, examples: [tooManyKnown] },
    );
  }, 60_000);

  it('is followed without losing or doubling an event, late ones and copies included', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sent, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(...Object.keys(filters)),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(...budgets),
        fc.boolean(),
        async (given, size, name, limit, budget, isCompacted) => {
          const { file, compact, page, pages } = await openBrowseWorld({ budget });
          const deliveries = deliveriesOf(given).sort((a, b) => (a.filedAt < b.filedAt ? -1 : 1));
          const { asked, filter } = filters[name]!;
          const question = { ...asked, scope_id: 'acme', limit };
          const seen: string[] = [];
          let newer: string | null = null;
          for (let at = 0; at < deliveries.length; at += size) {
            const next = deliveries.slice(at, at + size);
            await file(next, next.at(-1)!.filedAt);
            if (isCompacted && at % (2 * size) === 0) await compact();
            const found = await pages(newer === null ? question : { ...question, cursor: newer });
            seen.push(
              ...found.flatMap(({ events }) => events).map(({ id, occurred_at }) => `${occurred_at} ${id}`),
            );
            newer = found.at(-1)!.newer;
            expect(found[0]!.newer).toBe(newer);
          }
          expect(await page({ ...question, cursor: newer })).toMatchObject({
            events: [],
            cursor: null,
            newer,
          });
          const expected = exportOf(deliveries, ({ scope_id }) => scope_id === 'acme', matching(filter));
          expect(seen.sort()).toEqual(expected.map(({ id, occurred_at }) => `${occurred_at} ${id}`).sort());
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it('ends a page before 4 MiB, with at least one event, so that large ones hide nothing', async () => {
    const { file, pages } = await openBrowseWorld();
    const padding = 'x'.repeat(200_000);
    const events = Array.from({ length: 26 }, (_, n) => ({
      id: uuid(n),
      occurredAt: instantOfMilliseconds(base + n * minute),
      filedAt: instantOfMilliseconds(base + n * minute, 1),
      scope: 'acme',
      change: n < 2 ? {} : { payload: { padding } },
    }));
    await file(events, end);
    const found = await pages({ scope_id: 'acme', limit: 1000 });
    expect(found.flatMap(page => page.events).map(({ id }) => id)).toEqual(
      events.map(({ id }) => id).reverse(),
    );
    expect(found.length).toBeGreaterThan(1);
    for (const page of found) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(4 * 1024 * 1024);
  });

  it('counts and lists values by the events that an export would hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sent, { maxLength: 40 }),
        fc.constantFrom(...budgets),
        async (given, budget) => {
          const { file, call } = await openBrowseWorld({ budget });
          const deliveries = deliveriesOf(given);
          for (const one of deliveries) await file([one], end);
          await file([], end);
          const events = exportOf(deliveries, ({ scope_id }) => scope_id === 'acme');
          const sums = async (
            path: string,
            asked: object,
            of: (json: Record<string, unknown>) => [string, number][],
          ) => {
            const found = new Map<string, number>();
            for (let cursor: string | null | undefined; cursor !== null; ) {
              const { status, json } = await call(`GET /v1/events/${path}`, {
                scope_id: 'acme',
                ...asked,
                ...(cursor === undefined ? {} : { cursor }),
              });
              expect(status).toBe(200);
              for (const [name, count] of of(json))
                if (count > 0) found.set(name, (found.get(name) ?? 0) + count);
              cursor = json.cursor;
            }
            return Object.fromEntries(found);
          };
          const expected = (of: (event: Record<string, string | null>) => string) => {
            const counts: Record<string, number> = {};
            for (const event of events) counts[of(event)] = (counts[of(event)] ?? 0) + 1;
            return counts;
          };
          type Count = { from: string; succeeded: number; failed: number };
          expect(
            await sums('histogram', { interval: '1d' }, ({ counts }) =>
              (counts as Count[]).flatMap(({ from, succeeded, failed }): [string, number][] => [
                [`${from.slice(0, 10)} true`, succeeded],
                [`${from.slice(0, 10)} false`, failed],
              ]),
            ),
          ).toEqual(expected(event => `${event.occurred_at!.slice(0, 10)} ${event.success}`));
          expect(
            await sums('values', { field: 'action' }, ({ values }) =>
              (values as { value: string; events: number }[]).map(
                ({ value, events: n }): [string, number] => [value, n],
              ),
            ),
          ).toEqual(expected(event => event.action!));
        },
      ),
      { numRuns: 30 },
    );
  }, 60_000);

  it('sees the row at the watermark, and says so', async () => {
    const { file, page } = await openBrowseWorld();
    expect(await page({ scope_id: 'acme' })).toEqual({
      events: [],
      cursor: null,
      complete_to: null,
      newer: null,
      scanned_to: null,
      gaps: [],
    });
    const one = { id: uuid(1), occurredAt: end, filedAt: end, scope: 'acme' };
    await file([one], end);
    expect(await page({ scope_id: 'acme' })).toMatchObject({
      events: [{ id: uuid(1), filed_at: end, received_at: end }],
      complete_to: end.replace('000Z', '001Z'),
      cursor: null,
    });
    expect(cellsOf(one).filed_at).toBe(end);
  });
});
