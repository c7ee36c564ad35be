/** The result of reading a request's body, with the status of its problem. */
import { problems } from '#domain/http/problem.ts';
import type { RequestProblem } from '#domain/request-shape.ts';

export const withStatus = <T extends object>(parsed: T | { problem: RequestProblem }) =>
  'problem' in parsed
    ? { problem: { ...parsed.problem, status: problems[parsed.problem.code].status } }
    : parsed;
