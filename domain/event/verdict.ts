/** How a rule that an event breaks, deep within its parser, becomes the verdict on the event. */
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';

/** Thrown while an event is read, and caught by `verdictOf` alone. */
export class RuleViolation {
  readonly refusal: Refusal;
  constructor(code: RefusalCode, path: string, message: string) {
    this.refusal = refuse(code, path, message);
  }
}

/** What `work` returns, or why it was refused. Any other error is thrown on. */
export const verdictOf = <T>(work: () => T): T | Refusal => {
  try {
    return work();
  } catch (error) {
    if (error instanceof RuleViolation) return error.refusal;
    throw error;
  }
};
