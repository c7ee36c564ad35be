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

/** What a person can fix keeps its message; any other error becomes a `Failure` of code 1 that says what failed. */
export const orFailure = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(1, `${what}: ${(error as Error).message}`, { cause: error });
  }
};

export const exitCodeOf = (error: unknown): ExitCode => (error instanceof Failure ? error.exitCode : 3);

/** The message, escaped: parts of it may have come from outside. */
export const printFailure = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  return `${paint('red', 'error', standardError)} ${visibleLines(message)}`;
};
