/**
 * What the tokens of a payload's members tell of whether it holds to its schema, without reading it as JSON: for most
 * payloads, that they do. Only a yes is an answer; whatever else there is, the schema itself has to say.
 */

import { isInteger, kindOf } from '#domain/json/token.ts';
import type { MemberSchema, PayloadSchema } from './action.ts';

/** The members of a JSON object: parallel arrays of keys and of tokens (of containers only the first character). */
export type Members = { readonly keys: readonly string[]; readonly tokens: readonly string[] };

export type Glance = (members: Members) => boolean;

export const compileGlance = ({ properties, required = [] }: PayloadSchema): Glance => {
  const looks = new Map(Object.entries(properties).map(([name, schema]) => [name, lookOf(schema)]));
  return ({ keys, tokens }) => {
    for (const name of required) if (!keys.includes(name)) return false;
    for (let at = 0; at < keys.length; at++) {
      const look = looks.get(keys[at]!);
      if (look !== undefined && !look(tokens[at]!)) return false;
    }
    return true;
  };
};

/** Keywords that a token alone can answer, beside those that ask nothing of a value. */
const answered: ReadonlySet<string> = new Set(['type', 'description', 'format', 'minimum', 'maximum']);

const lookOf = (schema: MemberSchema): ((token: string) => boolean) => {
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
