/**
 * Operational logs: one JSON line per message, with the function and the request; never a payload, a secret,
 * a whole URL or a query string.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export type Log = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts?: Record<string, unknown>,
) => void;

/** The members of every line that is written while something runs. */
export type LogContext = {
  /** The function: on AWS its name, in one process its stage. */
  function?: string | undefined;
  /** The id of the HTTP request, which is also recorded in the log with what the request did. */
  request_id?: string | undefined;
  /** The id of the Lambda invocation. */
  invocation_id?: string | undefined;
};

const contexts = new AsyncLocalStorage<LogContext>();

export const withLogContext = <Result>(context: LogContext, run: () => Result): Result =>
  contexts.run({ ...context }, run);

/** Adds to the context of the running call, once more is known. */
export const extendLogContext = (context: LogContext): void =>
  void Object.assign(contexts.getStore() ?? {}, context);

/** The same log with the context in its lines. */
export const inContext =
  (log: Log): Log =>
  (level, message, facts = {}) =>
    log(level, message, { ...contexts.getStore(), ...facts });

/** Lambda filters JSON lines by `level` only if they have a `timestamp` too. */
export const log: Log = inContext((level, message, facts) => {
  const timestamp = new Date().toISOString();
  process.stderr.write(`${JSON.stringify({ timestamp, level: level.toUpperCase(), message, ...facts })}\n`);
});

/** An error and its causes as facts: name, message and stack of each. */
export const errorFacts = (error: unknown): Record<string, unknown> => {
  const [first, ...causes] = chainOf(error).map(factsOf);
  return { ...first, ...(causes.length === 0 ? {} : { causes }) };
};

const maxErrors = 10;

/** The error, the errors it aggregates, and its causes, nearest first; each once, and at most `maxErrors`. */
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
  // The parser's message quotes the text that it read.
  const isQuoting = error instanceof SyntaxError && message.endsWith('is not valid JSON');
  return { error: name, detail: isQuoting ? 'Not valid JSON' : redact(message), stack: framesOf(error) };
};

/** Keeps only the host of a URL; removes the path, the query and the user. */
const redact = (text: string): string =>
  text
    .slice(0, maxDetailCharacters)
    .replaceAll(/\b(https?:\/\/)(?:[^\s/?#"'@]*@)?([^\s/?#"')]*)[^\s"')]*/gi, '$1$2/…')
    .replaceAll(/\?[\w.%-]+=[^\s"')]*/g, '?…');

/** The frames of the stack, without the message before them. */
const framesOf = ({ stack = '', message }: Error): string => {
  const at = stack.indexOf(message);
  const frames = stack.slice(at === -1 ? 0 : at + message.length).split('\n');
  return frames
    .filter(line => /^\s+at /.test(line))
    .map(line => line.trim())
    .join('\n');
};
