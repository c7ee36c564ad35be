/**
 * Calls the product's hooks. If a hook throws or rejects, that must not reach the product's own requests or
 * end its process, and must not stop the sending. It is reported once.
 */
import { messageOfThrown } from './thrown.ts';

export type Reporter = {
  /** Calls a hook, which may be asynchronous; never throws. */
  tell<T>(name: string, hook: ((told: T) => unknown) | undefined, told: T): void;
  /** Reports that something in the client itself does not work; each message once. */
  report(message: string): void;
};

/** How many different messages are remembered, so that none is repeated. */
const maxKnown = 1000;

/** `onError` is the product's hook; without it, reports are warnings of the process. */
export const makeReporter = (onError: ((error: Error) => unknown) | undefined): Reporter => {
  const known = new Set<string>();
  const isNew = (message: string): boolean => {
    if (known.has(message) || known.size === maxKnown) return false;
    known.add(message);
    return true;
  };
  const warn = (message: string): void => {
    if (isNew(message)) process.emitWarning(message, 'AuditLogWarning');
  };
  const contain = (hook: () => unknown, onFailure: (error: unknown) => void): void => {
    try {
      const result = hook();
      if (typeof result === 'object' && result !== null && 'then' in result)
        Promise.resolve(result).catch(onFailure);
    } catch (error) {
      onFailure(error);
    }
  };
  const report = (message: string): void => {
    if (!onError) warn(message);
    else if (isNew(message))
      contain(
        () => onError(new Error(message)),
        error => warn(`The hook onError of the audit log's client failed: ${messageOfThrown(error)}`),
      );
  };
  return {
    tell(name, hook, told) {
      contain(
        () => hook?.(told),
        error => report(`The hook ${name} of the audit log's client failed: ${messageOfThrown(error)}`),
      );
    },
    report,
  };
};
