/**
 * What a person sees while they wait: a spinner on a terminal, with a bar if it is known how much is done, a line now
 * and then elsewhere, nothing for programs.
 */
import ora from 'ora';
import { say } from './output.ts';
import { shorten } from './table.ts';
import { visible } from './terminal.ts';

/** `done` is a part of 1. */
export type Progress = { say(text: string, done?: number): void; clear(): void };

const barWidth = 24;
const barOf = (done: number): string => {
  const full = Math.round(done * barWidth);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${Math.round(done * 100)} %`;
};

/** Where lines stay, as in a log, more of them would hide what matters. */
const lineEveryMs = 2000;

export const progress = (isQuiet: boolean): Progress => {
  if (isQuiet) return { say: () => undefined, clear: () => undefined };
  if (process.stderr.isTTY) {
    const spinner = ora({ stream: process.stderr, discardStdin: false });
    return {
      say(said, done) {
        const whole = done === undefined ? visible(said) : `${barOf(done)} ${visible(said)}`;
        // The spinner and a space stand before it.
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

/** Does work with something to see meanwhile, which is gone when the work has ended, however it did. */
export const withProgress = async <T>(isQuiet: boolean, work: (bar: Progress) => Promise<T>): Promise<T> => {
  const bar = progress(isQuiet);
  try {
    return await work(bar);
  } finally {
    bar.clear();
  }
};
