import { describe, expect, it } from 'vitest';
import { lackingRefused } from '#domain/export/refused-events.ts';
import { type RefusedEntry, scopeSha256 } from '#domain/refused/layout.ts';

const noonOf = (day: number) => `2026-11-${String(day).padStart(2, '0')}T12:00:00.000000000Z`;
const entry = (occurred: number, filed: number) =>
  ({ at: noonOf(occurred), filedAt: noonOf(filed) }) as RefusedEntry;

describe('the refused events that an export lacks', () => {
  it('are those that occurred in its window, and came before what it holds was fixed', () => {
    const { scope, from, isCounted } = lackingRefused({
      request: { scope_id: 'acme', from: noonOf(5), to: noonOf(10) },
      run: undefined,
      completeTo: noonOf(20),
    });
    expect([scope, from]).toEqual([scopeSha256('acme'), noonOf(5)]);
    const entries = [entry(4, 6), entry(5, 6), entry(9, 19), entry(9, 20), entry(10, 11)];
    expect(entries.map(isCounted)).toEqual([false, true, true, false, false]);
  });

  it('are, in a run of a schedule, those that came in its window, whenever they occurred', () => {
    const { from, isCounted } = lackingRefused({
      request: { scope_id: 'acme' },
      run: { schedule_id: 's', n: 1, filed_from: noonOf(5), filed_to: noonOf(10) },
      completeTo: noonOf(10),
    });
    expect(from).toBeUndefined();
    expect([entry(1, 4), entry(1, 5), entry(1, 9), entry(9, 10)].map(isCounted)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('include those with and without a scope in an export of everything', () => {
    const job = { request: { all_scopes: true as const }, run: undefined, completeTo: noonOf(20) };
    expect(lackingRefused(job).scope).toBeUndefined();
  });
});
