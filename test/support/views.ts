/** Arbitrary views of the page. */
import fc from 'fast-check';
import { instantOfMilliseconds } from '#domain/time.ts';
import { calendarRanges, type Range } from '#web/range.ts';
import { columns, tabs, type View } from '#web/view.ts';

export const instant = fc
  .tuple(fc.integer({ min: 0, max: Date.UTC(2100, 0) }), fc.integer({ min: 0, max: 999_999 }))
  .map(([ms, rest]) => instantOfMilliseconds(ms, rest));
export const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia');

export const range: fc.Arbitrary<Range> = fc.oneof(
  fc.constant<Range>({ kind: 'all' }),
  fc.record({
    kind: fc.constant('relative' as const),
    last: fc.oneof(
      fc.constantFrom<string>(...calendarRanges),
      fc
        .tuple(fc.integer({ min: 1, max: 99 }), fc.constantFrom('m', 'h', 'd', 'w'))
        .map(([n, unit]) => `${n}${unit}`),
    ),
    zone,
  }),
  fc
    .tuple(fc.option(instant, { nil: undefined }), fc.option(instant, { nil: undefined }))
    .filter(
      ([from, to]) => (from ?? to) !== undefined && (from === undefined || to === undefined || from < to),
    )
    .map(([from, to]): Range => ({ kind: 'absolute', from, to })),
);

const text = fc.string({ unit: 'grapheme', maxLength: 60 });

export const view: fc.Arbitrary<View> = fc.record({
  tab: fc.constantFrom(...tabs),
  scope: fc.option(text.filter(Boolean), { nil: undefined }),
  query: text,
  range,
  zone: fc.oneof(fc.constant('local'), zone),
  columns: fc.shuffledSubarray([...columns], { minLength: 1 }),
  order: fc.constantFrom('newest' as const, 'oldest' as const),
  density: fc.constantFrom('comfortable' as const, 'compact' as const),
  isWrapped: fc.boolean(),
  isLive: fc.boolean(),
  event: fc.option(fc.record({ id: fc.uuid(), occurredAt: instant }), { nil: undefined }),
  item: fc.option(text.filter(Boolean), { nil: undefined }),
});
