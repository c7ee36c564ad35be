import { describe, expect, it } from 'vitest';
import { encodeOpenMetrics, openMetricsType } from '#domain/open-metrics.ts';
import { readOpenMetrics } from '#test/support/open-metrics.ts';

describe('an exposition', () => {
  it('has type, unit and help before the samples, and ends with EOF', () => {
    const text = encodeOpenMetrics([
      { name: 'a_things', type: 'counter', help: 'Things', samples: [{ value: 3 }] },
      { name: 'a_lag_seconds', type: 'gauge', unit: 'seconds', help: 'Lag', samples: [{ value: 0.25 }] },
      { name: 'a_nothing', type: 'gauge', help: 'Not measured', samples: [] },
    ]);
    expect(text).toBe(
      [
        '# TYPE a_things counter',
        '# HELP a_things Things',
        'a_things_total 3',
        '# TYPE a_lag_seconds gauge',
        '# UNIT a_lag_seconds seconds',
        '# HELP a_lag_seconds Lag',
        'a_lag_seconds 0.25',
        '# EOF',
        '',
      ].join('\n'),
    );
    expect([...readOpenMetrics(text).keys()]).toEqual(['a_things', 'a_lag_seconds']);
  });

  it('escapes quotes, backslashes and line ends in labels and help', () => {
    const text = encodeOpenMetrics([
      { name: 'a', type: 'gauge', help: 'a "b"\n\\', samples: [{ value: 1, labels: { code: 'x"\\\n' } }] },
    ]);
    expect(readOpenMetrics(text).get('a')).toMatchObject({ help: 'a \\"b\\"\\n\\\\' });
    expect([...readOpenMetrics(text).get('a')!.samples.keys()]).toEqual(['code="x\\"\\\\\\n"']);
  });

  it('of nothing is only its end', () => {
    expect(encodeOpenMetrics([])).toBe('# EOF\n');
  });

  it('has the content type of the specification', () => {
    expect(openMetricsType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  });
});
