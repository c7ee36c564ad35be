import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cursor, decodeCursor, encodeCursor, fitNewest, subjectOf } from '#domain/browse/cursor.ts';
import { eventSearchShape, type LogSelection, parseBrowseRequest } from '#domain/browse/request.ts';
import { eventCursor } from '#domain/http/parameters.ts';

const instant = fc
  .integer({ min: 0, max: 999_999_999 })
  .map(n => `2026-11-23T12:00:00.${String(n).padStart(9, '0')}Z`);
const scopeId = fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }), { nil: undefined });
const position = fc.record({ occurredAt: instant, event: fc.record({ id: fc.uuid(), scopeId }) });
const cursor: fc.Arbitrary<Cursor> = fc.record({
  completeTo: instant,
  compactedTo: fc.constantFrom(undefined, '2026-11-22'),
  filedFrom: fc.option(instant, { nil: undefined }),
  position: fc.oneof(
    fc.constant(undefined),
    instant.map(occurredAt => ({ occurredAt })),
    position,
  ),
  reading: fc.option(
    fc.record({
      date: fc.constant('2026-11-21'),
      after: fc.constantFrom(undefined, 'events/lane=late/x.json.gz'),
      newest: fc.array(
        fc.record({ key: fc.record({ occurredAt: instant, id: fc.uuid(), scopeId }), filedAt: instant }),
        { maxLength: 3 },
      ),
    }),
    { nil: undefined },
  ),
});

const selection = (asked: object = {}): LogSelection => {
  const parsed = parseBrowseRequest(
    eventSearchShape,
    { scope_id: 'acme', ...asked },
    { role: 'operator', principal: 'p' },
  );
  if ('problem' in parsed) throw new Error(parsed.problem.message);
  return parsed.selection;
};
const subject = subjectOf(selection(), 'events');

describe('a cursor', () => {
  it('is read back, and is as its parameter says', () => {
    fc.assert(
      fc.property(cursor, given => {
        const text = encodeCursor(given, subject);
        expect(decodeCursor(text, subject)).toEqual(given);
        expect(text).toMatch(new RegExp(eventCursor.schema.pattern as string));
      }),
    );
  });

  it('has room for the longest scope', () => {
    const longest = '\u{1f600}'.repeat(256);
    const event = { id: 'a'.repeat(36), scopeId: longest };
    const at = '2026-11-23T12:00:00.000000000Z';
    const text = encodeCursor(
      {
        completeTo: at,
        compactedTo: '2026-11-23',
        filedFrom: at,
        position: { occurredAt: at, event },
        reading: {
          date: '2026-11-23',
          after: 'x'.repeat(200),
          newest: fitNewest(Array(10).fill({ key: { occurredAt: at, ...event }, filedAt: at })),
        },
      },
      subject,
    );
    expect(text.length).toBeLessThan(eventCursor.schema.maxLength as number);
  });

  it('knows as many events as fit, at least one', () => {
    const found = (scopeId: string) => ({
      key: { occurredAt: 'o', id: 'i', scopeId },
      filedAt: 'f',
    });
    expect(fitNewest([])).toEqual([]);
    expect(fitNewest(Array(20).fill(found('acme')))).toHaveLength(10);
    expect(fitNewest(Array(20).fill(found('x'.repeat(2000))))).toHaveLength(1);
  });

  it('that is changed anywhere is none', () => {
    fc.assert(
      fc.property(cursor, fc.nat(), fc.constantFrom('A', 'b', '.', ''), (given, place, other) => {
        const text = encodeCursor(given, subject);
        const at = place % text.length;
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        if (changed !== text) expect(decodeCursor(changed, subject)).toBeUndefined();
      }),
    );
    for (const text of ['', '.', 'a.b', 'W10.', '__proto__'])
      expect(decodeCursor(text, subject)).toBeUndefined();
  });

  it('belongs to one question', () => {
    const text = encodeCursor(fc.sample(cursor, 1)[0]!, subject);
    const others = [
      subjectOf(selection({ scope_id: 'other' }), 'events'),
      subjectOf(selection(), 'histogram 1h'),
      ...[
        { from: '2026-01-01' },
        { to: '2026-01-01' },
        { actor: 'u' },
        { target: 'u' },
        { actor: '-u' },
        { q: 'u' },
      ].map(asked => subjectOf(selection(asked), 'events')),
    ];
    expect(new Set([subject, ...others]).size).toBe(others.length + 1);
    for (const other of others) expect(decodeCursor(text, other)).toBeUndefined();
    // How many events a page has is nothing that it depends on.
    expect(subjectOf(selection({ limit: 3 }), 'events')).toBe(subject);
  });
});
