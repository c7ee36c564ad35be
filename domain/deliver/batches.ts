/** Cuts the lines of a part into batches, each a range that one request can hold. */
import type { BatchForm, BatchLine } from './batch-form.ts';
import type { LineRange } from './halving.ts';

export type PackedPart = {
  entries: readonly string[];
  ranges: readonly LineRange[];
  /** Lines that the receiver does not take at this size, ascending. They are in no range. */
  tooLarge: readonly number[];
  /** How many go with the time of their delivery. */
  retimed: number;
};

export const packPart = (lines: readonly BatchLine[], form: BatchForm, nowMs: number): PackedPart => {
  const entries: string[] = [];
  const ranges: LineRange[] = [];
  const tooLarge: number[] = [];
  let retimed = 0;
  let bytes = 0;
  let range: LineRange | undefined;
  lines.forEach((line, at) => {
    const { text, isRetimed = false } = form.entry(line, nowMs);
    entries.push(text);
    const size = Buffer.byteLength(text);
    if (size > form.maxEntryBytes) {
      tooLarge.push(at);
      range = undefined;
      return;
    }
    if (isRetimed) retimed++;
    // A byte for the comma, and two for the brackets.
    const isFull = range && (at - range.from >= form.maxEntries || bytes + size + 1 > form.maxBytes - 2);
    if (range === undefined || isFull) {
      range = { from: at, to: at + 1 };
      bytes = size + 1;
      ranges.push(range);
    } else {
      range.to = at + 1;
      bytes += size + 1;
    }
  });
  return { entries, ranges, tooLarge, retimed };
};
