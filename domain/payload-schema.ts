/**
 * The schema of a payload: the part of JSON Schema 2020-12 that can be compared from one release to the next. It is open:
 * members that it does not declare are never looked at, so only a declared member can be contradicted.
 * https://json-schema.org/draft/2020-12
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import * as z from 'zod';
import type { JsonType, MemberSchema, PayloadSchema } from './action.ts';
import { pointerToken } from './refusal.ts';

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

/** The keywords that a schema may have; `additionalProperties` is not among them, since every schema is open. */
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

export type PayloadCheck = (payload: unknown) => Contradiction | undefined;

const ajv = new Ajv2020({
  allowUnionTypes: true,
  strictTypes: true,
  // The words of a format are for readers: a value is not refused for it.
  validateFormats: false,
  // A member that every object inherits is none of the payload's.
  ownProperties: true,
});

/** The schema as a check of payloads; throws where it is no schema. */
export const compilePayloadSchema = (schema: PayloadSchema): PayloadCheck => {
  const validate: ValidateFunction = ajv.compile(schema);
  return payload => (validate(payload) ? undefined : contradictionOf(validate.errors![0]!, payload));
};

const contradictionOf = (error: ErrorObject, payload: unknown): Contradiction => {
  const { instancePath, keyword, params } = error;
  switch (keyword) {
    case 'required':
      return {
        path: instancePath + pointerToken(params.missingProperty as string),
        expected: 'this member, which is required',
      };
    case 'type':
      return {
        path: instancePath,
        expected: `${[params.type as string | string[]].flat().map(withArticle).join(' or ')}, got ${withArticle(typeAt(payload, instancePath))}`,
      };
    case 'enum':
      return {
        path: instancePath,
        expected: `one of ${(params.allowedValues as unknown[]).map(value => JSON.stringify(value)).join(', ')}`,
      };
    case 'pattern':
      return { path: instancePath, expected: `text of the form ${String(params.pattern)}` };
    default:
      return {
        path: instancePath,
        expected: (error.message ?? keyword).replace(/^must (be|have|NOT have) /, (_, verb: string) =>
          verb === 'NOT have' ? 'not ' : '',
        ),
      };
  }
};

const withArticle = (type: string): string =>
  type === 'null' ? type : `${/^[aio]/.test(type) ? 'an' : 'a'} ${type}`;

/** The JSON type of what stands at a pointer; there is something, since it was found wrong. */
const typeAt = (payload: unknown, pointer: string): string => {
  let value = payload;
  for (const token of pointer.split('/').slice(1))
    value = (value as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
};
