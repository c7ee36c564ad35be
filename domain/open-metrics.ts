/**
 * Metrics in the OpenMetrics text format, version 1.0. https://prometheus.io/docs/specs/om/open_metrics_spec/
 * A family has a name, one type, at most one unit, and a help text; the name ends with the unit.
 */

/** https://prometheus.io/docs/specs/om/open_metrics_spec/#protocol-negotiation */
export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export type MetricFamily = {
  /** Without `_total`, which the samples of a counter end with. */
  name: string;
  type: 'counter' | 'gauge';
  unit?: 'seconds' | 'bytes' | undefined;
  help: string;
  samples: readonly MetricSample[];
};

export type MetricSample = { value: number; labels?: Readonly<Record<string, string>> | undefined };

/** The exposition of these families; a family without a sample is left out. */
export const encodeOpenMetrics = (families: readonly MetricFamily[]): string =>
  `${families
    .filter(({ samples }) => samples.length > 0)
    .map(encodeFamily)
    .join('')}# EOF\n`;

const encodeFamily = ({ name, type, unit, help, samples }: MetricFamily): string => {
  const suffix = type === 'counter' ? '_total' : '';
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map(({ value, labels = {} }) => `${name}${suffix}${encodeLabels(labels)} ${value}`),
    '',
  ].join('\n');
};

const encodeLabels = (labels: Readonly<Record<string, string>>): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
