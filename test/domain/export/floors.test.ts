import { describe, expect, it } from 'vitest';
import { floorsOf } from '#domain/export/floors.ts';

const noonOf = (day: string) => `2026-11-${day}T12:00:00.000000000Z`;

describe('from when on an export reads', () => {
  it('is, for a run without late rows, two days before its window, and no late row', () => {
    expect(floorsOf(noonOf('20'), undefined)).toEqual({
      ontime: noonOf('18'),
      late: undefined,
      isLateRead: false,
    });
  });

  it('is, for a run with late rows, the day before the earliest of them occurred', () => {
    expect(floorsOf(noonOf('20'), noonOf('03'))).toEqual({
      ontime: noonOf('02'),
      late: noonOf('02'),
      isLateRead: true,
    });
    expect(floorsOf(noonOf('20'), noonOf('19'))).toMatchObject({ ontime: noonOf('18'), late: noonOf('18') });
  });
});
