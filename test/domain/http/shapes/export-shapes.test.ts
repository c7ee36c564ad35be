import { describe, expect, it } from 'vitest';
import { manifest } from '#domain/http/shapes/export-shapes.ts';

const { schedule } = manifest.shape;
const at = '2026-11-23T12:00:00.000000000Z';

describe('the schedule of a manifest', () => {
  it('has the members that it has in a job, beside those of earlier releases', () => {
    const earlier = { id: 'nightly', run: 2, look_back_to: null };
    const run = { schedule_id: 'nightly', n: 2, filed_from: null, filed_to: at };
    expect(schedule.safeParse({ ...earlier, ...run }).success).toBe(true);
    expect(schedule.safeParse(earlier).success, 'of an earlier release').toBe(true);
    expect(schedule.safeParse(null).success, 'not the run of a schedule').toBe(true);
    expect(schedule.safeParse({ ...run, look_back_to: null }).success, 'nobody may miss id and run').toBe(
      false,
    );
  });
});
