/** The way from a rule that is broken, deep within what reads an event, to the verdict. */
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';

/** Thrown while an event is read, and caught by `verdictOf` alone. */
export class Refused {
  readonly refusal: Refusal;
  constructor(code: RefusalCode, path: string, message: string) {
    this.refusal = refuse(code, path, message);
  }
}

/** What the work gives, or why it was refused; any other error is thrown on. */
export const verdictOf = <T>(work: () => T): T | Refusal => {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
};
