/** What the API says of a route: who may call it, what it takes and what it answers. */

import type { Parameter } from '../parameters.ts';
import type { ProblemCode } from '../problem.ts';
import type { ShapeName } from '../shapes/shapes.ts';

/**
 * Who may call: emitters; those who read logs, of whom the handler decides further; the operator; anyone.
 * On AWS emitters have a Function URL, staff an API of their own under IAM, and customers one under their
 * tokens. Only an embedded installation has routes for visitors of its page, and for keys that mint tokens for it.
 */
export type Access = 'emitter' | 'readers' | 'operator' | 'anyone' | 'visitor' | 'page';

/** Shapes by their content types. */
export type Content = Readonly<Record<string, ShapeName>>;

export type AnswerOfRoute = {
  description: string;
  /** null: an answer without a body. */
  content: Content | null;
  headers?: Readonly<Record<string, string>>;
};

export type Route = {
  id: string;
  access: Access;
  summary: string;
  /** The route refuses every other query parameter. */
  query?: Readonly<Record<string, Parameter>>;
  headers?: Readonly<Record<string, Parameter>>;
  body?: { content: Content; isRequired: boolean };
  /** By status. */
  answers: Readonly<Record<number, AnswerOfRoute>>;
  /** The codes of its plain problems, beside those that every route may answer with. */
  problems: readonly ProblemCode[];
};

/** Routes by their keys, as API Gateway writes them. */
export type Routes = Readonly<Record<`${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`, Route>>;

export const json = (shape: ShapeName): Content => ({ 'application/json': shape });
export const problem = (shape: ShapeName): Content => ({ 'application/problem+json': shape });
export const location = { Location: 'Where it is found.' };
