/**
 * Reads an exposition by the grammar of OpenMetrics 1.0, and by the rules that the grammar does not hold.
 * https://prometheus.io/docs/specs/om/open_metrics_spec/#abnf
 */
import { expect } from 'vitest';

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const escaped = '(?:[^\\n"\\\\]|\\\\["\\\\n])*';
const label = `[a-zA-Z_][a-zA-Z0-9_]*="${escaped}"`;
const number = '[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?';
const descriptor = new RegExp(
  `^# (?:TYPE (${name}) (counter|gauge)|UNIT (${name}) ([a-z]+)|HELP (${name}) (${escaped}))$`,
);
const sample = new RegExp(`^(${name})(?:\\{(${label}(?:,${label})*)?\\})? (${number})$`);

export type ReadFamily = { type: string; unit?: string; help: string; samples: Map<string, number> };

/** The families by name. Each sample is known by its labels, as they are written. */
export const readOpenMetrics = (text: string): Map<string, ReadFamily> => {
  expect(text.endsWith('\n# EOF\n') || text === '# EOF\n').toBe(true);
  const families = new Map<string, Partial<ReadFamily> & { samples: Map<string, number> }>();
  let last = '';
  const of = (family: string) => {
    // The lines of a family stand together.
    if (family !== last) expect(families.has(family), family).toBe(false);
    last = family;
    if (!families.has(family)) families.set(family, { samples: new Map() });
    return families.get(family)!;
  };
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const told = descriptor.exec(line);
    if (told) {
      const [, typed, type, united, unit, helped, help] = told;
      const family = of((typed ?? united ?? helped)!);
      expect(family.samples.size, `${line} comes before the samples`).toBe(0);
      const added = { ...(type && { type }), ...(unit && { unit }), ...(helped && { help: help! }) };
      expect(
        Object.keys(added).some(key => key in family),
        `${line} stands once`,
      ).toBe(false);
      Object.assign(family, added);
      continue;
    }
    const [, metric, labels = '', value] = sample.exec(line) ?? [];
    expect(metric, line).toBeDefined();
    const family = of(metric!.replace(/_total$/, ''));
    expect(metric!.endsWith('_total'), line).toBe(family.type === 'counter');
    expect(family.samples.has(labels), line).toBe(false);
    family.samples.set(labels, Number(value));
  }
  for (const [family, { type, help, unit }] of families) {
    expect(type, family).toBeDefined();
    expect(help, family).toBeTruthy();
    if (unit) expect(family.endsWith(`_${unit}`), family).toBe(true);
  }
  return families as Map<string, ReadFamily>;
};
