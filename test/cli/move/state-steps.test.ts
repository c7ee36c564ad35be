import { describe, expect, it } from 'vitest';
import { isOfUnused, stepOf } from '#cli/move/state-steps.ts';

describe('the state in a move', () => {
  it('is carried with the bulk, at the end if tick acts on it or it shrinks, or never', () => {
    const keys = [
      'admins/a/b.json',
      'exports/1/0.json',
      'watermark/s@1/0.json',
      'schedules/a/b/0.json',
      'gaps/x',
    ];
    expect(keys.map(stepOf)).toEqual(keys.map(() => 'bulk'));
    const triggers = [
      'schedules-due/x',
      'admin-changes-open/x',
      'notices/due/x',
      'redrives/x',
      'deliveries-open/x',
      'exports-open/x',
      'refused-open/x',
      'refused-ended/x',
    ];
    expect(triggers.map(stepOf)).toEqual(triggers.map(() => 'end'));
    const own = ['installation.json', 'move.json', 'compact/least.json', 'refused/usage.json'];
    expect(own.map(stepOf)).toEqual(own.map(() => 'never'));
    expect([...own, 'watermark/s@1/0.json'].every(isOfUnused)).toBe(true);
    expect(keys.filter(isOfUnused)).toEqual(['watermark/s@1/0.json']);
  });
});
