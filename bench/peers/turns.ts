/** Annals and its peer in turns, so that a machine that slows down slows both. */
import { median } from '../measure.ts';

/** What one of the two does in a round; gives one number or more. */
export type Turn<Numbers> = () => Promise<Numbers>;
export type Pair = { annals: number; peer: number };
export type Summary = { value: number; floor: number; ratio: number };

/** Who begins alternates too: the second finds what the first left in the machine's caches and queues. */
export const inTurns = async <Numbers>(
  rounds: number,
  annals: Turn<Numbers>,
  peer: Turn<Numbers>,
): Promise<{ annals: Numbers; peer: Numbers }[]> => {
  const results: { annals: Numbers; peer: Numbers }[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      const first = await annals();
      results.push({ annals: first, peer: await peer() });
    } else {
      const first = await peer();
      results.push({ annals: await annals(), peer: first });
    }
  }
  return results;
};

/** The medians of both, and the median of the rounds' ratios, which need not be the ratio of the medians. */
export const summarize = (pairs: readonly Pair[]): Summary => ({
  value: median(pairs.map(({ annals }) => annals)),
  floor: median(pairs.map(({ peer }) => peer)),
  ratio: median(pairs.map(({ annals, peer }) => annals / peer)),
});

/** The value below which a share of the values lies, by the nearest rank. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
};
