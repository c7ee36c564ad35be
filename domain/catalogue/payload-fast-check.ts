/**
 * Whether the tokens of a payload's members show that it satisfies its schema, without reading it as JSON:
 * for most payloads they do. Only a yes counts; otherwise the schema itself is checked.
 */

import { isInteger, type JsonMembers, kindOf } from '#domain/json/token.ts';
import type { MemberSchema, PayloadSchema } from './action.ts';

export type PayloadFastCheck = (members: JsonMembers) => boolean;

export const compilePayloadFastCheck = ({ properties, required = [] }: PayloadSchema): PayloadFastCheck => {
  const checks = new Map(Object.entries(properties).map(([name, schema]) => [name, checkOf(schema)]));
  return ({ keys, tokens }) => {
    for (const name of required) if (!keys.includes(name)) return false;
    for (let at = 0; at < keys.length; at++) {
      const check = checks.get(keys[at]!);
      if (check !== undefined && !check(tokens[at]!)) return false;
    }
    return true;
  };
};

/** Keywords that a token alone can answer, besides those that require nothing of a value. */
const answered: ReadonlySet<string> = new Set(['type', 'description', 'format', 'minimum', 'maximum']);

const checkOf = (schema: MemberSchema): ((token: string) => boolean) => {
  const types: ReadonlySet<string> = new Set([schema.type].flat());
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  if (Object.keys(schema).some(keyword => !answered.has(keyword))) return () => false;
  return token => {
    const kind = kindOf(token);
    if (kind !== 'number') return types.has(kind);
    const value = Number(token);
    return (
      (types.has('number') || (types.has('integer') && isInteger(token))) &&
      value >= minimum &&
      value <= maximum
    );
  };
};
