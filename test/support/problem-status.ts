/** What reading a request's body gave, with the status that its problem is answered with. */
import { problems } from '#domain/http/problem.ts';
import type { RequestProblem } from '#domain/request-shape.ts';

export const withStatus = <T extends object>(parsed: T | { problem: RequestProblem }) =>
  'problem' in parsed
    ? { problem: { ...parsed.problem, status: problems[parsed.problem.code].status } }
    : parsed;
