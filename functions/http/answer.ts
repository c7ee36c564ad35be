/** HTTP answers: JSON of a shape of the API, no content, or a problem (RFC 9457). */
import { maxNameCharacters } from '#domain/event/name.ts';
import { type ProblemCode, problems } from '#domain/http/problem.ts';
import type { Api, ShapeName } from '#domain/http/shapes/shapes.ts';
import type { RequestProblem } from '#domain/request-shape.ts';

/** The response format of API Gateway and Function URLs (payload format 2.0). */
export type Answer = { statusCode: number; headers: Record<string, string>; body: string };

const noStore = { 'cache-control': 'no-store' };

const encode = (statusCode: number, body: object, headers: Record<string, string>): Answer => ({
  statusCode,
  headers: { ...noStore, ...headers },
  body: `${JSON.stringify(body)}\n`,
});

/** The compiler checks the body against the shape: `json<'Export'>(200, …)`. */
export const json = <Name extends ShapeName>(
  statusCode: number,
  body: Api<Name> & object,
  headers: Record<string, string> = {},
): Answer => encode(statusCode, body, { 'content-type': 'application/json', ...headers });

/** The same of a text that is JSON already; tests hold it against the shape. */
export const jsonText = <_Name extends ShapeName>(statusCode: number, text: string): Answer => ({
  statusCode,
  headers: { ...noStore, 'content-type': 'application/json' },
  body: `${text}\n`,
});

export const noContent = (): Answer => ({ statusCode: 204, headers: { ...noStore }, body: '' });

/**
 * `code` is for programs and decides the status and the title; `detail` is for people. Further members are
 * extensions of the problem.
 */
export const problem = (
  code: ProblemCode,
  detail: string,
  extensions: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answer => {
  const { status, title } = problems[code];
  return encode(
    status,
    { type: 'about:blank', title, status, code, detail, ...extensions },
    { 'content-type': 'application/problem+json', ...headers },
  );
};

/** A problem that a retry after one second can solve. */
export const retryLater = (code: ProblemCode, detail: string, extensions = {}): Answer =>
  problem(code, detail, extensions, { 'retry-after': '1' });

/** The answer to a body with the wrong shape; `path` is a JSON pointer. */
export const refuseRequest = ({ code, message, path }: RequestProblem): Answer =>
  problem(code, message, { path });

export const badCursor = (): Answer => problem('invalid_cursor', 'The cursor is not one that a list gave');

/** The answer to an invalid id. */
export const badId = (what: 'scope' | 'user' | 'schedule' | 'delivery', isInPath = true): Answer => {
  const form = isInPath ? '; in a path it is written as it is, or as "~" and its base64url' : '';
  return problem(
    'invalid_id',
    `The id of the ${what} has 1 to ${maxNameCharacters} characters without control characters${form}`,
  );
};

/** The answer if the user who asks, or on whose behalf somebody asks, is not an admin of the scope. */
export const notAdmin = (userId: string): Answer =>
  problem(
    'not_an_admin',
    `The user "${userId}" is not known as an admin of the scope; the operator can grant it: annals admin grant`,
  );
