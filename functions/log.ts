/** Operational logs: one JSON line each, never a payload, never a secret. */
export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: Record<string, unknown>,
) => void;

export const log: Log = (level, message, facts = {}) => {
  process.stderr.write(`${JSON.stringify({ level, message, ...facts })}\n`);
};

/** An error as facts: its name and message; never what was being handled. */
export const errorFacts = (error: unknown): Record<string, unknown> =>
  error instanceof Error ? { error: error.name, detail: error.message } : { error: String(error) };
