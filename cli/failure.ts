/** How a command fails: with a message that says what to do next, and an exit code. */
import { paint, standardError, visibleLines } from './terminal.ts';

/** 1: refused or failed. 2: wrong usage. 3: the outcome is unknown. */
export type ExitCode = 1 | 2 | 3;

export class Failure extends Error {
  readonly exitCode: ExitCode;
  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.exitCode = exitCode;
  }
}

export const exitCodeOf = (error: unknown): ExitCode => (error instanceof Failure ? error.exitCode : 3);

/** The message, escaped: parts of it may have come from outside. */
export const printFailure = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return `${paint('red', 'error', standardError)} ${visibleLines(message)}`;
};
