/**
 * Measures against a floor: the least work that any program must do for the same result, in the same run.
 * Both run in turns, and their medians are compared, so that a machine that slows down slows both.
 */

export type Work = { name: string; run(): unknown };

export type Measured = { name: string; medianMs: number; floorMs: number; ratio: number };

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Runs work and floor in turns; `ratio` is the work's speed as a part of the floor's, 1 being as fast. */
export const compare = async (work: Work, floor: Work, rounds: number, warmUps = 2): Promise<Measured> => {
  const times: [number[], number[]] = [[], []];
  for (let round = -warmUps; round < rounds; round++) {
    for (const [at, { run }] of [work, floor].entries()) {
      globalThis.gc?.();
      const start = performance.now();
      await run();
      if (round >= 0) times[at]!.push(performance.now() - start);
    }
  }
  const [medianMs, floorMs] = [median(times[0]), median(times[1])];
  return { name: work.name, medianMs, floorMs, ratio: floorMs / medianMs };
};
