import { describe, expect, it } from 'vitest';
import { type Figure, isMet, printFigure, printHeading, printVerdict } from '../../bench/figure.ts';

const rate: Figure = {
  what: '25 in a request, compact',
  value: 39_612.4,
  floor: 97_300,
  unit: 'events/s',
  better: 'more',
  aim: 0.6,
  note: '238 billed bytes an event',
};
const time: Figure = { what: 'COPY', value: 10.42, floor: 2.4, unit: 's', better: 'less', aim: 1.5 };

describe('a line of the bench', () => {
  it('has the unit, the floor, the share of the two and what is aimed at', () => {
    expect(printFigure(rate).trim().replaceAll(/ {2,}/g, '  ')).toBe(
      "25 in a request, compact  39,612 events/s  floor  97,300 events/s  41 % of the floor's " +
        'speed, misses the aim of 60 %, 238 billed bytes an event',
    );
    expect(printFigure(time).trim().replaceAll(/ {2,}/g, '  ')).toBe(
      'COPY  10.4 s  floor  2.4 s  4.34 times the floor, misses the aim of 1.5 times',
    );
  });

  it('meets the aim of a rate from above and that of a time from below; without an aim it meets none', () => {
    const met = (figure: Figure, change: Partial<Figure>) => isMet({ ...figure, ...change });
    expect([met(rate, { value: 58_380 }), met(rate, { value: 58_379 })]).toEqual([true, false]);
    expect([met(time, { value: 3.6 }), met(time, { value: 3.61 })]).toEqual([true, false]);
    expect([met(rate, { ratio: 0.6 }), met(time, { ratio: 1.51 })]).toEqual([true, false]);
    const { aim, ...aimless } = rate;
    expect(aim).toBe(0.6);
    expect(isMet(aimless)).toBeUndefined();
    expect(printFigure(aimless)).not.toContain('aim');
  });

  it('is between what is measured and its floor, and how many aims are met', () => {
    expect(printHeading({ name: 'x', measures: 'm', floor: 'f' })).toBe('\nx: m\n  floor: f\n');
    expect(printVerdict([rate, time, { ...time, value: 1 }])).toContain('1 of 3 aims are met');
    expect(printVerdict([])).toContain('These figures have no aim');
  });
});
