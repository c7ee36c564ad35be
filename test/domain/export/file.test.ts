import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExportFile, maxListedEvents, UnreadableOutput } from '#domain/export/file.ts';
import { earlierOutputHeader } from '#domain/export/statement.ts';
import {
  type Copy,
  cell,
  copy,
  csvHeader,
  earlierLine,
  header,
  line,
  noon,
  row,
  run,
  uuid,
} from '#test/support/query-output.ts';

describe('the file of an export', () => {
  it('is the header alone if nothing was read', () => {
    expect(run(header)).toMatchObject({ csv: csvHeader, summary: { rows: 0, duplicates: 0 } });
  });

  it('holds each event once, as its first copy, whatever was delivered and wherever the bytes are cut', () => {
    const arbitrary = fc.record({
      occurredAt: fc.integer({ min: 0, max: 3 }).map(noon),
      id: fc.integer({ min: 0, max: 2 }).map(uuid),
      // Few, so that some rows are echoes: of the same key, filed at the same instant, with the same content.
      filedAt: fc.integer({ min: 0, max: 9 }).map(noon),
      sha256: fc.constantFrom('a'.repeat(64), 'b'.repeat(64)),
      scope: fc.constantFrom('acme', 'x"",y', undefined, 'a,"b"', 'z"'),
      warnings: fc.constantFrom(undefined, 'truncated', 'wrapped,truncated') as fc.Arbitrary<string>,
      cell: fc.string({ unit: 'grapheme' }).map(text => JSON.stringify(text)),
    });
    const cuts = fc.array(fc.nat(400), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 40 }), cuts, (copies, sizes) => {
        const order = (c: Copy) => [c.occurredAt, c.id, c.scope ?? '\uffff', c.filedAt, c.sha256].join(' ');
        const sorted = [...copies].sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
        // The model: of every key the copy that was filed first; what is filed twice at one instant is one row.
        const kept = new Map<string, Copy[]>();
        for (const each of sorted) {
          const key = JSON.stringify([each.occurredAt, each.id, each.scope ?? null]);
          const others = kept.get(key) ?? [];
          const isEcho = others.some(o => o.filedAt === each.filedAt && o.sha256 === each.sha256);
          if (!isEcho) kept.set(key, [...others, each]);
        }
        const events = [...kept.values()];
        const ids = new Set(events.map(([first]) => JSON.stringify([first!.id, first!.scope ?? null])));
        const { csv, summary } = run(header + sorted.map(line).join(''), bytes => {
          const chunks: Buffer[] = [];
          let from = 0;
          for (const size of sizes) {
            chunks.push(bytes.subarray(from, from + size));
            from += size;
          }
          return [...chunks, bytes.subarray(from)];
        });
        expect(csv).toBe(csvHeader + events.map(([first]) => `${row(first!)}\n`).join(''));
        expect(summary).toMatchObject({
          rows: events.length,
          duplicates: events.flat().length - events.length,
          conflicts: events.filter(([first, ...others]) =>
            others.some(({ sha256 }) => sha256 !== first!.sha256),
          ).length,
          reused_ids: events.length - ids.size,
          bytes: Buffer.byteLength(csv),
        });
      }),
      { numRuns: 500 },
    );
  });

  it('takes a row that is in several objects once, and counts it once, whatever becomes of its event', () => {
    const echoed = (change: Partial<Copy>) => [copy(change), copy(change), copy(change)].map(line).join('');
    const later = { filedAt: noon(101), sha256: 'b'.repeat(64) };
    expect(run(header + echoed({}) + echoed(later)).summary).toMatchObject({
      rows: 1,
      duplicates: 1,
      conflicts: 1,
    });
    const filtered = run(header + echoed({ isKept: false }) + echoed(later)).summary;
    expect(filtered).toMatchObject({ rows: 0, duplicates: 0, filtered: 2 });
    const file = new ExportFile(noon(101));
    file.push(Buffer.from(header + echoed({}) + echoed(later)));
    expect(file.end()).toMatchObject({ rows: 0, duplicates: 0, in_earlier_runs: 2 });
  });

  it('distinguishes an echo from the same row of another scope, and from a copy filed at another instant', () => {
    const others = [copy(), copy({ filedAt: noon(101) }), copy({ scope: 'other' })];
    expect(run(header + others.map(line).join('')).summary).toMatchObject({ rows: 2, duplicates: 1 });
  });

  it('lists the events of conflicts and reused ids', () => {
    const { summary } = run(
      header +
        [
          copy(),
          copy({ sha256: 'b'.repeat(64), filedAt: noon(200) }),
          copy({ sha256: 'c'.repeat(64), filedAt: noon(300) }),
          copy({ occurredAt: noon(2) }),
        ]
          .map(line)
          .join(''),
    );
    expect(summary).toMatchObject({
      rows: 2,
      duplicates: 2,
      conflicts: 1,
      reused_ids: 1,
      conflicting_events: [{ id: uuid(1), occurred_at: noon(1) }],
      reused_events: [{ id: uuid(1), occurred_at: noon(2) }],
    });
  });

  it('lists of a conflict both copies: that which it holds, and the first that says something else', () => {
    const { summary } = run(
      header +
        [
          copy({ cell: '{"a":"1"}' }),
          copy({ cell: '{"a":"1"}', filedAt: noon(200) }),
          copy({ cell: '{"a":"2"}', filedAt: noon(300), sha256: 'b'.repeat(64) }),
          copy({ cell: '{"a":"3"}', filedAt: noon(400), sha256: 'c'.repeat(64) }),
        ]
          .map(line)
          .join(''),
      bytes => [bytes.subarray(0, 700), bytes.subarray(700)],
    );
    expect(summary.conflicting_events).toEqual([
      {
        id: uuid(1),
        occurred_at: noon(1),
        copies: [
          { filed_at: noon(100), event: expect.objectContaining({ action: 'a.b', actor: '{"a":"1"}' }) },
          { filed_at: noon(300), event: expect.objectContaining({ action: 'a.b', actor: '{"a":"2"}' }) },
        ],
      },
    ]);
    expect(JSON.stringify(summary)).not.toContain('bbb');
  });

  it('lists the copies of conflicts up to a MiB, and the events of the others', () => {
    const conflicts = Array.from({ length: 5 }, (_, n) => [
      copy({ occurredAt: noon(n), id: uuid(n), cell: 'x'.repeat(150_000) }),
      copy({ occurredAt: noon(n), id: uuid(n), cell: 'y', sha256: 'b'.repeat(64), filedAt: noon(200) }),
    ]);
    const { summary } = run(header + conflicts.flat().map(line).join(''));
    expect(summary.conflicts).toBe(5);
    expect(summary.conflicting_events.map(({ copies }) => copies?.length)).toEqual([2, 2, 2, 2, 2]);
    const larger = conflicts.map(([first, second]) => [first!, { ...second!, cell: 'y'.repeat(150_000) }]);
    const listed = run(header + larger.flat().map(line).join('')).summary.conflicting_events;
    expect(listed.map(({ copies }) => copies?.length)).toEqual([2, 2, 2, undefined, undefined]);
  });

  it('counts the warnings of the events that it holds, and of no copy', () => {
    const { summary } = run(
      header +
        [
          copy({ warnings: 'truncated,no_scope' }),
          copy({ warnings: 'wrapped', filedAt: noon(200) }),
          copy({ occurredAt: noon(2), warnings: 'truncated' }),
          copy({ occurredAt: noon(3), warnings: 'wrapped', isKept: false }),
          copy({ occurredAt: noon(4) }),
        ]
          .map(line)
          .join(''),
    );
    expect(summary.event_warnings).toEqual({ truncated: 2, no_scope: 1 });
  });

  it('is made of the output of a statement that was fixed before rows had warnings, too', () => {
    const copies = [copy({ scope: 'a,"b"' }), copy({ occurredAt: noon(2), scope: undefined })];
    const earlier = `${earlierOutputHeader.map(cell).join(',')}\n`;
    const now = run(header + copies.map(line).join(''));
    for (const cut of [1, 40, 300, 2000])
      expect(
        run(earlier + copies.map(earlierLine).join(''), bytes => [
          bytes.subarray(0, cut),
          bytes.subarray(cut),
        ]),
      ).toEqual(now);
    expect(run(earlier)).toMatchObject({ csv: csvHeader, summary: { rows: 0 } });
    const file = new ExportFile();
    file.push(Buffer.from(earlier + earlierLine(copies[0]!)));
    file.nextOutput();
    file.push(Buffer.from(header + line(copies[1]!)));
    expect(file.end()).toEqual(now.summary);
  });

  it('is empty if Annals alone recorded what was read', () => {
    const own = (n: number) =>
      line(copy({ occurredAt: noon(n) })).replace('"a.b"', '"audit_log.admin.grant"');
    const emptyOf = (...lines: string[]) => run(header + lines.join('')).summary.is_empty;
    expect(emptyOf()).toBe(true);
    expect(emptyOf(own(1), own(2))).toBe(true);
    expect(emptyOf(own(1), line(copy({ occurredAt: noon(2), isKept: false })))).toBe(false);
    expect(emptyOf(line(copy()), own(2))).toBe(false);
  });

  it('lists a thousand of them and counts all', () => {
    const copies = Array.from({ length: maxListedEvents + 5 }, (_, n) => copy({ occurredAt: noon(n) }));
    const { summary } = run(header + copies.map(line).join(''));
    expect(summary.reused_ids).toBe(maxListedEvents + 4);
    expect(summary.reused_events).toHaveLength(maxListedEvents);
  });

  it.each([
    ['ends in the middle of a line', `${header}${line(copy()).slice(0, -5)}`],
    ['is empty', ''],
    ['has another header', csvHeader + line(copy())],
    ['has a line of other columns', `${header}"a","b"\n`],
    ['is out of order', header + line(copy({ occurredAt: noon(2) })) + line(copy())],
  ])('is not made from an output that %s', (_, text) => {
    expect(() => run(text)).toThrow(UnreadableOutput);
  });
});
