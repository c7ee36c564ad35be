/**
 * Describes what was thrown. Anything can be thrown, even `null`, and an error may hold a secret in its
 * message or throw when it is read.
 */

/** A code or a name, never a message. */
export const nameOfThrown = (thrown: unknown): string => {
  try {
    if (typeof thrown !== 'object' || thrown === null) return thrown === null ? 'null' : typeof thrown;
    const { code, name } = thrown as { code?: unknown; name?: unknown };
    return [code, name].find(word => typeof word === 'string' && /^[\w.-]{1,64}$/.test(word)) as string;
  } catch {
    // One of its getters threw: it has no name.
  }
  return 'unknown';
};

/** The message of an error; the name of anything else. */
export const messageOfThrown = (thrown: unknown): string => {
  try {
    const { message } = thrown as { message?: unknown };
    if (typeof message === 'string' && message !== '') return message.slice(0, 1000);
  } catch {
    // As above.
  }
  return nameOfThrown(thrown);
};
