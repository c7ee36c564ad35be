/**
 * Progress for people: on a terminal a spinner, with a bar if the share is known; elsewhere a line every two seconds;
 * with `--json` nothing.
 */
import ora from 'ora';
import { say } from './output.ts';
import { shorten } from './table.ts';
import { visible } from './terminal.ts';

/** `done` is the share, from 0 to 1. */
export type Progress = { say(text: string, done?: number): void; clear(): void };

const barWidth = 24;
const barOf = (done: number): string => {
  const full = Math.round(done * barWidth);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${Math.round(done * 100)} %`;
};

/** In a log, more lines would hide what matters. */
const lineEveryMs = 2000;

export const progress = (isQuiet: boolean): Progress => {
  if (isQuiet) return { say: () => undefined, clear: () => undefined };
  if (process.stderr.isTTY) {
    const spinner = ora({ stream: process.stderr, discardStdin: false });
    return {
      say(said, done) {
        const whole = done === undefined ? visible(said) : `${barOf(done)} ${visible(said)}`;
        // Leaves room for the spinner and a space.
        const text = shorten(whole, (process.stderr.columns || 80) - 3);
        if (spinner.isSpinning) Object.assign(spinner, { text });
        else spinner.start(text);
      },
      clear: () => void spinner.stop(),
    };
  }
  let last = '';
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    say(text) {
      const now = performance.now();
      if (text === last || now - lastAt < lineEveryMs) return;
      say(visible(text));
      last = text;
      lastAt = now;
    },
    clear: () => undefined,
  };
};

/** Shows progress during `work`, and clears it when that ends or fails. */
export const withProgress = async <T>(isQuiet: boolean, work: (bar: Progress) => Promise<T>): Promise<T> => {
  const bar = progress(isQuiet);
  try {
    return await work(bar);
  } finally {
    bar.clear();
  }
};
