/**
 * The schema of a payload: the part of JSON Schema 2020-12 that can be compared from one release to the next.
 * It is open: members that it does not declare are never looked at, so only a declared member can be
 * contradicted. The tokens that were sent are read by our own reader: a parser would show one of two equal
 * keys, and another number than was sent.
 * https://json-schema.org/draft/2020-12
 */
import * as z from 'zod';
import { itemsOf, membersOf } from '#domain/json/entries.ts';
import { pointerToken } from '#domain/json/pointer.ts';
import { canonicalNumber, isInteger, kindOf, unquote } from '#domain/json/token.ts';
import { withArticle } from '#domain/with-article.ts';
import type { JsonType, MemberSchema, PayloadSchema } from './action.ts';

const types = [
  'string',
  'number',
  'integer',
  'boolean',
  'object',
  'array',
  'null',
] as const satisfies readonly JsonType[];

const typeName = z.enum(types);
const count = z.number().int().min(0);

/**
 * The keywords that a schema may have; `additionalProperties` is not among them, since every schema is open.
 */
export const schemaShape: z.ZodType<MemberSchema> = z.lazy(() =>
  z.strictObject({
    type: z.union([typeName, z.array(typeName).min(2)]),
    description: z.string().min(1).optional(),
    format: z.string().min(1).optional(),
    enum: z
      .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
      .min(1)
      .optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    minLength: count.optional(),
    maxLength: count.optional(),
    pattern: z.string().optional(),
    items: schemaShape.optional(),
    properties: z.record(z.string().min(1), schemaShape).optional(),
    required: z.array(z.string()).optional(),
  }),
);

/** Where a payload contradicts its schema: a JSON pointer within the payload, and what was expected there. */
export type Contradiction = { path: string; expected: string };

/** Takes the payload as compacted JSON text, and looks at its tokens: at each of two members of one name. */
export type PayloadCheck = (payload: string) => Contradiction | undefined;

/** The schema as a check of payloads; throws if it is not a schema. */
export const compilePayloadSchema = (schema: PayloadSchema): PayloadCheck => {
  const check = compile(schema, '');
  return payload => check(payload, '');
};

type Check = (token: string, path: string) => Contradiction | undefined;

/** The types of values that a keyword says something of. */
const typesOf: Readonly<Partial<Record<keyof MemberSchema, readonly JsonType[]>>> = {
  minimum: ['number', 'integer'],
  maximum: ['number', 'integer'],
  minLength: ['string'],
  maxLength: ['string'],
  pattern: ['string'],
  items: ['array'],
  properties: ['object'],
  required: ['object'],
};

const compile = (schema: MemberSchema, place: string): Check => {
  const types = [schema.type].flat();
  for (const [keyword, meant] of Object.entries(typesOf))
    if (schema[keyword as keyof MemberSchema] !== undefined && !meant.some(type => types.includes(type)))
      throw new TypeError(`${place || '/'}: "${keyword}" says nothing of the type ${types.join(' or ')}`);
  const checks: Check[] = [
    checkType(types),
    ...(schema.enum ? [checkEnum(schema.enum)] : []),
    ...checksOfNumber(schema),
    ...checksOfString(schema, place),
    ...(schema.items ? [checkItems(compile(schema.items, `${place}/*`))] : []),
    ...(schema.properties || schema.required ? [checkMembers(schema, place)] : []),
  ];
  return (token, path) => {
    for (const check of checks) {
      const contradiction = check(token, path);
      if (contradiction) return contradiction;
    }
    return undefined;
  };
};

const checkType =
  (types: readonly JsonType[]): Check =>
  (token, path) => {
    const kind = kindOf(token);
    if (types.some(type => type === kind || (type === 'integer' && kind === 'number' && isInteger(token))))
      return undefined;
    return { path, expected: `${types.map(withArticle).join(' or ')}, got ${withArticle(kind)}` };
  };

/** Equal texts for equal scalars, whatever their escapes and digits. */
const scalarText = (token: string): string => {
  const kind = kindOf(token);
  if (kind === 'number') return canonicalNumber(token);
  return kind === 'string' ? JSON.stringify(unquote(token)) : token;
};

const checkEnum = (values: NonNullable<MemberSchema['enum']>): Check => {
  const allowed = new Set(values.map(value => scalarText(JSON.stringify(value))));
  const expected = `one of ${values.map(value => JSON.stringify(value)).join(', ')}`;
  return (token, path) => (allowed.has(scalarText(token)) ? undefined : { path, expected });
};

const checksOfNumber = ({ minimum, maximum }: MemberSchema): Check[] => {
  const bound =
    (holds: (value: number) => boolean, expected: string): Check =>
    (token, path) =>
      kindOf(token) !== 'number' || holds(Number(token)) ? undefined : { path, expected };
  return [
    ...(minimum === undefined ? [] : [bound(value => value >= minimum, `>= ${minimum}`)]),
    ...(maximum === undefined ? [] : [bound(value => value <= maximum, `<= ${maximum}`)]),
  ];
};

const checksOfString = ({ minLength, maxLength, pattern }: MemberSchema, place: string): Check[] => {
  const rule =
    (holds: (text: string) => boolean, expected: string): Check =>
    (token, path) =>
      kindOf(token) !== 'string' || holds(unquote(token)) ? undefined : { path, expected };
  const expression = pattern === undefined ? undefined : compilePattern(pattern, place);
  return [
    ...(minLength === undefined
      ? []
      : [rule(text => characters(text) >= minLength, `not fewer than ${minLength} characters`)]),
    ...(maxLength === undefined
      ? []
      : [rule(text => characters(text) <= maxLength, `not more than ${maxLength} characters`)]),
    ...(expression ? [rule(text => expression.test(text), `text of the form ${pattern}`)] : []),
  ];
};

const compilePattern = (pattern: string, place: string): RegExp => {
  try {
    return new RegExp(pattern, 'u');
  } catch (error) {
    throw new TypeError(`${place || '/'}: ${(error as Error).message}`);
  }
};

const characters = (text: string): number => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

const checkItems =
  (check: Check): Check =>
  (token, path) => {
    if (kindOf(token) !== 'array') return undefined;
    let at = 0;
    for (const item of itemsOf(token)) {
      const contradiction = check(item, `${path}/${at++}`);
      if (contradiction) return contradiction;
    }
    return undefined;
  };

const checkMembers = ({ properties = {}, required = [] }: MemberSchema, place: string): Check => {
  const checks = new Map(
    Object.entries(properties).map(([name, schema]) => [name, compile(schema, place + pointerToken(name))]),
  );
  return (token, path) => {
    if (kindOf(token) !== 'object') return undefined;
    const missing = new Set(required);
    let first: Contradiction | undefined;
    for (const { key, value } of membersOf(token)) {
      const name = unquote(key);
      missing.delete(name);
      first ??= checks.get(name)?.(value, path + pointerToken(name));
    }
    const [name] = missing;
    return name === undefined
      ? first
      : { path: path + pointerToken(name), expected: 'this member, which is required' };
  };
};
