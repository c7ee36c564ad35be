/**
 * Finds the events of a part that a receiver does not take, so that one of them does not stop the rest. What is sent
 * next is a range of lines; one that is refused is halved, down to the single line. It ends: of n lines, at most
 * 2n − 1 ranges are ever sent. Pure; who calls makes sure by a probe that a refusal is about the events.
 */

/** Lines from `from` up to before `to`. */
export type LineRange = { from: number; to: number };

export type Halving = {
  /** What is still to be sent, in the order of the lines. */
  open: readonly LineRange[];
  /** The lines that the receiver refuses alone, ascending. */
  refused: readonly { line: number; status: number }[];
};

export const beginHalving = (ranges: readonly LineRange[]): Halving => ({ open: ranges, refused: [] });

export const isSingle = ({ from, to }: LineRange): boolean => to - from === 1;

/** After the first open range was taken. */
export const afterTaken = ({ open, refused }: Halving): Halving => ({ open: open.slice(1), refused });

/** After the first open range was refused, while the receiver takes a probe. */
export const afterRefused = ({ open, refused }: Halving, status: number): Halving => {
  const [range, ...rest] = open as [LineRange, ...LineRange[]];
  if (isSingle(range)) return { open: rest, refused: [...refused, { line: range.from, status }] };
  const middle = Math.floor((range.from + range.to) / 2);
  return { open: [{ from: range.from, to: middle }, { from: middle, to: range.to }, ...rest], refused };
};
