/** A measured figure as a line for people: its unit, its floor, their ratio, and what that means. */

export type Figure = {
  what: string;
  value: number;
  floor: number;
  unit: string;
  /**
   * A rate is better if it is greater, and the ratio is a share of the floor's speed; a time is better if it
   * is less, and the ratio is a multiple of the floor.
   */
  better: 'more' | 'less';
  /** If it is not that of value and floor, as the median of several ratios is not. */
  ratio?: number;
  /** The ratio to reach. */
  aim?: number;
  note?: string;
};

/** What a bench measures, and the least work that any program must do for the same result. */
export type Heading = { name: string; measures: string; floor: string };

export const shareOf = ({ value, floor, ratio = value / floor }: Figure): number => ratio;

export const isMet = (figure: Figure): boolean | undefined => {
  const { aim, better } = figure;
  if (aim === undefined) return undefined;
  return better === 'more' ? shareOf(figure) >= aim : shareOf(figure) <= aim;
};

const number = (value: number): string =>
  value.toLocaleString(
    'en-US',
    value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 3 },
  );

const share = (ratio: number, better: Figure['better']): string =>
  better === 'more' ? `${Math.round(ratio * 100)} %` : `${number(ratio)} times`;

export const printFigure = (figure: Figure): string => {
  const { what, value, floor, unit, better, aim, note } = figure;
  const met = isMet(figure);
  const meaning = [
    `${share(shareOf(figure), better)} ${better === 'more' ? "of the floor's speed" : 'the floor'}`,
    ...(met === undefined ? [] : [`${met ? 'meets' : 'misses'} the aim of ${share(aim!, better)}`]),
    ...(note === undefined ? [] : [note]),
  ].join(', ');
  const [measured, least] = [value, floor].map(figure => `${number(figure)} ${unit}`.padStart(19));
  return `  ${what.padEnd(28)} ${measured}  floor ${least}  ${meaning}`;
};

export const printHeading = ({ name, measures, floor }: Heading): string =>
  `\n${name}: ${measures}\n  floor: ${floor}\n`;

export const introduction =
  'Each figure has a floor: the least work that any program must do for the same result, measured in the same run. ' +
  'Machines are noisy: compare ratios, not times. At 100 %, or 1 times, a figure is as fast as its floor.';

/** How many figures reached their aim. */
export const printVerdict = (figures: readonly Figure[]): string => {
  const aimed = figures.map(isMet).filter(met => met !== undefined);
  return aimed.length === 0
    ? 'These figures have no aim; docs/benchmarks.md explains them.'
    : `${aimed.filter(Boolean).length} of ${aimed.length} aims are met; docs/benchmarks.md says where the time goes.`;
};
