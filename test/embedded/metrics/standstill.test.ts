import { describe, expect, it } from 'vitest';
import { compactionBehind, standstills } from '#embedded/metrics/standstill.ts';

const minute = 60_000;
const codesOf = (silent: Partial<Record<string, number>>, rhythms = { tick: minute, compact: 15 * minute }) =>
  standstills({ silentMs: stage => silent[stage] }, rhythms).map(({ code }) => code);

describe('a stage that runs on a schedule', () => {
  it('stands still after several missed runs', () => {
    expect(codesOf({})).toEqual([]);
    expect(codesOf({ tick: 5 * minute, compact: 120 * minute })).toEqual([]);
    expect(codesOf({ tick: 5 * minute + 1, compact: 120 * minute + 1 })).toEqual([
      'tick_stands_still',
      'compaction_stands_still',
    ]);
  });

  it('may be silent for longer if it runs rarely', () => {
    const rare = { tick: 10 * minute, compact: 60 * minute };
    expect(codesOf({ tick: 50 * minute, compact: 300 * minute }, rare)).toEqual([]);
    expect(codesOf({ tick: 51 * minute }, rare)).toEqual(['tick_stands_still']);
  });
});

describe('compaction', () => {
  it('is behind if a closed day waits for more than a day', () => {
    expect(compactionBehind(undefined)).toEqual([]);
    expect(compactionBehind(86_400)).toEqual([]);
    expect(compactionBehind(90_000)).toMatchObject([
      { code: 'compaction_behind', message: expect.stringMatching(/by 25 hours$/) },
    ]);
  });
});
