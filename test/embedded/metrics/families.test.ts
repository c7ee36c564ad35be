import { describe, expect, it } from 'vitest';
import { metricUnits } from '#domain/metrics.ts';
import { families, isCounter, ownFamilies } from '#embedded/metrics/families.ts';

describe('the families of /metrics', () => {
  const all = [...Object.values(families), ...Object.values(ownFamilies)];

  it('have names of their own, which begin with annals_ and end with the unit, and a help', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { name, unit, help } of all) {
      expect(name).toMatch(/^annals_[a-z_]+[a-z]$/);
      expect(name.endsWith('_total'), name).toBe(false);
      if (unit) expect(name.endsWith(`_${unit}`), name).toBe(true);
      expect(help).toMatch(/^[A-Z].*[a-z0-9]$/);
    }
  });

  it('have the units that the metrics were declared with', () => {
    for (const [name, unit] of Object.entries(metricUnits)) {
      const expected = { Seconds: 'seconds', Bytes: 'bytes', Count: undefined }[unit];
      expect(families[name as keyof typeof families].unit, name).toBe(expected);
    }
    expect([isCounter('AcceptedEvents'), isCounter('OpenGaps')]).toEqual([true, false]);
  });
});
