/** What a person sees while they wait: a spinner on a terminal, a line now and then elsewhere, nothing for programs. */
import ora from 'ora';

export type Progress = { say(text: string): void; clear(): void };

/** Where lines stay, as in a log, more of them would hide what matters. */
const lineEveryMs = 2000;

export const progress = (isQuiet: boolean): Progress => {
  if (isQuiet) return { say: () => undefined, clear: () => undefined };
  if (process.stderr.isTTY) {
    const spinner = ora({ stream: process.stderr, discardStdin: false });
    return {
      say: text => void (spinner.isSpinning ? Object.assign(spinner, { text }) : spinner.start(text)),
      clear: () => void spinner.stop(),
    };
  }
  let last = '';
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    say(text) {
      const now = performance.now();
      if (text === last || now - lastAt < lineEveryMs) return;
      process.stderr.write(`${text}\n`);
      last = text;
      lastAt = now;
    },
    clear: () => undefined,
  };
};
