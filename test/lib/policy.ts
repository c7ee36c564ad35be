/** Whether the statements of a role let a call through: the part of IAM's evaluation that the stack's policies use. */

import type { Call } from './aws-endpoint.ts';
import { flat, list, type Statement } from './synth.ts';

/** What every reference in a template is in the world of the test. */
export type Names = (text: string) => string;

const matches = (pattern: string, resource: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(resource);

/** Statements that hold only for what a service does in the caller's name do not let the caller's own calls through. */
export const isBuiltIn = ({ Condition }: Statement): boolean =>
  !JSON.stringify(Condition ?? {}).includes('aws:CalledVia');

export const isAllowed = (
  statements: readonly Statement[],
  { action, resource }: Call,
  names: Names,
): boolean =>
  statements.some(
    statement =>
      statement.Effect === 'Allow' &&
      isBuiltIn(statement) &&
      list(statement.Action).includes(action) &&
      list(statement.Resource).some(allowed => matches(names(flat(allowed)), resource)),
  );

/** Whether a bucket's policy denies a call that came over TLS. */
export const isDenied = (
  statements: readonly Statement[],
  { action, resource, principal }: Call,
  headers: Record<string, unknown>,
  names: Names,
): boolean =>
  statements.some(statement => {
    if (statement.Effect !== 'Deny' || !list(statement.Action).includes(action)) return false;
    const isNamed = (some: unknown) => list(some).some(pattern => matches(names(flat(pattern)), resource));
    if (statement.NotResource !== undefined ? isNamed(statement.NotResource) : !isNamed(statement.Resource))
      return false;
    const spared = statement.Condition?.ArnNotEquals?.['aws:PrincipalArn'];
    if (spared !== undefined && list(spared).some(each => flat(each) === principal)) return false;
    const isNull = statement.Condition?.Null?.['s3:if-none-match'];
    return isNull === undefined || (headers['if-none-match'] === undefined) === (isNull === 'true');
  });
