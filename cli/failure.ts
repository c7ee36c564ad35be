/** How a command ends when it does not succeed: a message that says what to do next, and an exit code. */
import { paint, standardError, visibleLines } from './terminal.ts';

/** 1: the service said no. 2: the command was misused. 3: the outcome is unknown. */
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

/** One message, whose parts may have come from outside. */
export const printFailure = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return `${paint('red', 'error', standardError)} ${visibleLines(message)}`;
};
