/** The shapes of an HTTP answer: JSON, or a problem (RFC 9457) with a stable code. */
import { maxNameCharacters } from '#domain/event/name.ts';
import { type ProblemCode, problems } from '#domain/http/problem.ts';
import type { RequestProblem } from '#domain/request-shape.ts';

/** What API Gateway and a Function URL take from a handler (payload format 2.0). */
export type Answer = { statusCode: number; headers: Record<string, string>; body: string };

export const json = (statusCode: number, body: unknown, headers: Record<string, string> = {}): Answer => ({
  statusCode,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  body: `${JSON.stringify(body)}\n`,
});

/**
 * `code` is for programs, and says the status and the title; `detail` is for people. Further members are extensions of
 * the problem.
 */
export const problem = (
  code: ProblemCode,
  detail: string,
  extensions: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answer => {
  const { status, title } = problems[code];
  return json(
    status,
    { type: 'about:blank', title, status, code, detail, ...extensions },
    { 'content-type': 'application/problem+json', ...headers },
  );
};

/** The answer to a body whose shape is wrong; `path` is a JSON pointer. */
export const refuseRequest = ({ code, message, path }: RequestProblem): Answer =>
  problem(code, message, { path });

/** The answer to a query parameter that the route does not have. */
export const unknownParameter = (name: string, known: readonly string[]): Answer =>
  problem(
    'unknown_parameter',
    `Unknown query parameter "${name}"; ${known.length === 0 ? 'this route has none' : `known are ${known.join(' and ')}`}`,
  );

export const badCursor = (): Answer =>
  problem('invalid_cursor', 'The cursor is not one that a list has given');

/** The answer to an id that cannot be one. */
export const badId = (what: 'scope' | 'user' | 'schedule', isInPath = true): Answer =>
  problem(
    'invalid_id',
    `The id of the ${what} has 1 to ${maxNameCharacters} characters without control characters${isInPath ? '; in a path it stands as it is, or as "~" and its base64url' : ''}`,
  );

/** The answer where whoever asked, or is said to have asked, is no admin of the scope. */
export const notAdmin = (userId: string): Answer =>
  problem('not_an_admin', `The user "${userId}" is not known as an admin of the scope`);
