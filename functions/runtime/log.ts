/** Operational logs: one JSON line each, never a payload, never a secret. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: Record<string, unknown>,
) => void;

/** Lambda filters JSON lines by their `level`, where they have a `timestamp` too. */
export const log: Log = (level, message, facts = {}) => {
  const timestamp = new Date().toISOString();
  process.stderr.write(`${JSON.stringify({ timestamp, level: level.toUpperCase(), message, ...facts })}\n`);
};

/** An error as facts: its name and message; never what was being handled. */
export const errorFacts = (error: unknown): Record<string, unknown> =>
  error instanceof Error ? { error: error.name, detail: error.message } : { error: String(error) };
