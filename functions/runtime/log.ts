/**
 * Operational logs: one JSON line each, with what ran and for which request; never a payload, a secret, a whole URL or
 * a query string.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: Record<string, unknown>,
) => void;

/** What every line carries that is written while something runs. */
export type LogContext = {
  /** The function: its name on AWS, its stage in one process. */
  function?: string | undefined;
  /** The id of the HTTP request, which is recorded in the log with what it did. */
  request_id?: string | undefined;
  /** The id of Lambda's invocation. */
  invocation_id?: string | undefined;
};

const contexts = new AsyncLocalStorage<LogContext>();

export const withLogContext = <Result>(context: LogContext, run: () => Result): Result =>
  contexts.run({ ...context }, run);

/** Adds to the context of what runs now, once more is known of it. */
export const extendLogContext = (context: LogContext): void =>
  void Object.assign(contexts.getStore() ?? {}, context);

/** The same log, whose lines carry the context. */
export const inContext =
  (log: Log): Log =>
  (level, message, facts = {}) =>
    log(level, message, { ...contexts.getStore(), ...facts });

/** Lambda filters JSON lines by their `level` if they have a `timestamp` too. */
export const log: Log = inContext((level, message, facts) => {
  const timestamp = new Date().toISOString();
  process.stderr.write(`${JSON.stringify({ timestamp, level: level.toUpperCase(), message, ...facts })}\n`);
});

/** An error and its causes in a chain, as facts: name, message and stack of each. */
export const errorFacts = (error: unknown): Record<string, unknown> => {
  const [first, ...causes] = chainOf(error).map(factsOf);
  return { ...first, ...(causes.length === 0 ? {} : { causes }) };
};

const maxErrors = 10;

/** The error, what it aggregates and its causes, the nearest first; each once, and at most `maxErrors`. */
const chainOf = (error: unknown): unknown[] => {
  const chain = new Set<unknown>([error]);
  for (const link of chain) {
    if (!(link instanceof Error)) continue;
    const below = [...(link instanceof AggregateError ? link.errors : []), link.cause];
    for (const cause of below) if (cause !== undefined && chain.size < maxErrors) chain.add(cause);
  }
  return [...chain];
};

const maxDetailCharacters = 1000;

const factsOf = (error: unknown): Record<string, unknown> => {
  if (!(error instanceof Error))
    return { error: typeof error === 'object' ? 'Object' : redact(String(error)) };
  const { name, message } = error;
  // The parser's message quotes what it has read.
  const isQuoting = error instanceof SyntaxError && message.endsWith('is not valid JSON');
  return { error: name, detail: isQuoting ? 'Not valid JSON' : redact(message), stack: framesOf(error) };
};

/** Keeps the host of a URL, and nothing of its path, its query or its user. */
const redact = (text: string): string =>
  text
    .slice(0, maxDetailCharacters)
    .replaceAll(/\b(https?:\/\/)(?:[^\s/?#"'@]*@)?([^\s/?#"')]*)[^\s"')]*/gi, '$1$2/…')
    .replaceAll(/\?[\w.%-]+=[^\s"')]*/g, '?…');

/** The frames of the stack, without the message that stands before them. */
const framesOf = ({ stack = '', message }: Error): string => {
  const at = stack.indexOf(message);
  const frames = stack.slice(at === -1 ? 0 : at + message.length).split('\n');
  return frames
    .filter(line => /^\s+at /.test(line))
    .map(line => line.trim())
    .join('\n');
};
