/** Asks a person at a terminal whether something is to be done. */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { isatty } from 'node:tty';
import { standardError } from './terminal.ts';

type Asked = {
  input?: NodeJS.ReadableStream;
  output?: NodeJS.WritableStream;
  /** Whether somebody is there to answer. */
  isTerminal?: boolean;
};

/** True only for `y` or `yes`; undefined if nobody can be asked. */
export const askConsent = async (
  question: string,
  {
    input = process.stdin,
    output = process.stderr,
    isTerminal = process.stdin.isTTY && isatty(standardError),
  }: Asked = {},
): Promise<boolean | undefined> => {
  if (!isTerminal) return undefined;
  const terminal = createInterface({ input, output });
  try {
    // The end of the input is no answer.
    const answer = await Promise.race([
      terminal.question(`${question} [y/N] `),
      once(terminal, 'close').then(() => ''),
    ]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
};
