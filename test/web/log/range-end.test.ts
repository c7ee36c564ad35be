import { describe, expect, it } from 'vitest';
import { readRangeEnd } from '#web/log/range-end.ts';

const read = (text: string, isLater = false, zone = 'Europe/Berlin') => {
  const end = readRangeEnd({ text, isLater }, zone);
  return end && [end.kind, end.instant?.slice(0, 16)];
};

describe('an end of a precise range', () => {
  it('is a date, a local time, or a text with its own zone', () => {
    expect(read('2026-11-01')).toEqual(['one', '2026-10-31T23:00']);
    expect(read(' 2026-11-01 08:00 ')).toEqual(['one', '2026-11-01T07:00']);
    expect(read('2026-11-01T08:00:00Z')).toEqual(['one', '2026-11-01T08:00']);
    expect(read('')).toEqual(['none', undefined]);
  });

  it('that clocks strike twice is the one that is chosen', () => {
    expect(read('2026-10-25 02:30')).toEqual(['two', '2026-10-25T00:30']);
    expect(read('2026-10-25 02:30', true)).toEqual(['two', '2026-10-25T01:30']);
  });

  it('that clocks skip is moved forward', () => {
    expect(read('2026-03-29 02:30')).toEqual(['moved', '2026-03-29T01:30']);
    // Clocks skip midnight itself there.
    expect(read('2026-09-06', false, 'America/Santiago')).toEqual(['moved', '2026-09-06T04:00']);
  });

  it('that is not a time is not one', () => {
    for (const text of ['yesterday', '2026-02-30', '2026-11-01 25:00', '08:00'])
      expect(read(text)).toBeUndefined();
  });
});
