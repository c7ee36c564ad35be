/** What a person sees while they wait: a spinner on a terminal, a line for each change elsewhere, nothing for programs. */
import ora from 'ora';

export type Progress = { say(text: string): void; end(text: string): void; clear(): void };

export const progress = (isQuiet: boolean): Progress => {
  if (isQuiet) return { say: () => undefined, end: () => undefined, clear: () => undefined };
  if (process.stderr.isTTY) {
    const spinner = ora({ stream: process.stderr, discardStdin: false });
    return {
      say: text => void (spinner.isSpinning ? Object.assign(spinner, { text }) : spinner.start(text)),
      end: text => void spinner.succeed(text),
      clear: () => void spinner.stop(),
    };
  }
  let last = '';
  const line = (text: string): void => {
    if (text !== last) process.stderr.write(`${text}\n`);
    last = text;
  };
  return { say: line, end: line, clear: () => undefined };
};
