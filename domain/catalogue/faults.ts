/**
 * Finds what is wrong with the definitions of a catalogue before it is used: each fault names the action, the
 * place and the fix. Nothing here looks at events.
 */
import * as z from 'zod';
import { isAction, reservedPrefix } from '#domain/event/event.ts';
import { isName } from '#domain/event/name.ts';
import { pointerToken } from '#domain/json/pointer.ts';
import { type ActionDefinition, type ActionVersion, type MemberSchema, versionNumbers } from './action.ts';
import { isOcsfMapping, ocsfClasses } from './ocsf-classes.ts';
import { compilePayloadSchema, type PayloadCheck, schemaShape } from './payload-schema.ts';

const text = z.string().trim().min(1);
const version = z.strictObject({
  since: z.iso.date('Expected a day as YYYY-MM-DD'),
  schema: schemaShape.refine(
    schema => schema.type === 'object' && schema.properties !== undefined,
    'Expected the schema of an object, with properties',
  ),
  example: z.record(z.string(), z.unknown()),
  upcast: z.instanceof(Function, { error: 'Expected a function' }).optional(),
});
const shape = z.strictObject({
  action: z
    .string()
    .refine(
      isAction,
      'Expected lowercase words separated by dots, the entity first and the action last, as in "context.create"',
    ),
  description: text,
  emittedWhen: text,
  targetType: z.string().refine(isName, 'Expected the type of its target'),
  scopeRequired: z.boolean().optional(),
  owner: text,
  ocsf: z
    .strictObject({ class: z.string(), activity: z.string() })
    .refine(
      isOcsfMapping,
      `Expected a class of OCSF (${Object.keys(ocsfClasses).join(', ')}) and one of its activities, as in ` +
        '{ class: "account_change", activity: "Create" }',
    )
    .optional(),
  versions: z.record(z.string(), version),
  deprecated: text.optional(),
});

/** A definition, and the file or package that declares it, for messages. */
export type Declared = {
  definition: ActionDefinition;
  source: string;
  isBuiltIn: boolean;
  /** The set that it is part of, if Annals brings it as an example. */
  set?: string | undefined;
};

/** Every fault of the catalogue that these make together; without faults it may be used. */
export const faultsOf = (declared: readonly Declared[]): string[] => {
  const sources = new Map<string, string>();
  return declared.flatMap(({ definition, source, isBuiltIn }) => {
    const parsed = shape.safeParse(definition);
    if (!parsed.success)
      return parsed.error.issues.map(({ path, message }) => `${source}: ${path.join('.')}: ${message}`);
    const faults: string[] = [];
    const { action } = definition;
    const other = sources.get(action);
    if (other !== undefined)
      faults.push(`${source}: ${action} is declared by ${other} already; keep one of them`);
    sources.set(action, source);
    if (action.startsWith(reservedPrefix) && !isBuiltIn)
      faults.push(`${source}: actions under "${reservedPrefix}" are Annals' own; choose another name`);
    return [...faults, ...faultsOfVersions(definition).map(fault => `${source}: ${fault}`)];
  });
};

const faultsOfVersions = (definition: ActionDefinition): string[] => {
  const numbers = versionNumbers(definition);
  if (numbers.length === 0 || numbers.some((number, at) => number !== at + 1))
    return ['versions: Expected 1, 2, … without holes'];
  return numbers.flatMap(number => {
    const { schema, example, upcast } = definition.versions[number]!;
    const at = `versions.${number}`;
    const faults = undescribed(schema, '').map(
      path => `${at}.schema: ${path || '/'} has no description; say what it holds`,
    );
    try {
      const check = compilePayloadSchema(schema);
      const contradiction = check(JSON.stringify(example));
      if (contradiction)
        faults.push(`${at}.example: ${contradiction.path || '/'}: Expected ${contradiction.expected}`);
      if (upcast)
        faults.push(
          ...faultsOfUpcast(definition, number, upcast, check).map(fault => `${at}.upcast: ${fault}`),
        );
    } catch (error) {
      faults.push(`${at}.schema: ${(error as Error).message}`);
    }
    return faults;
  });
};

/** An upcaster is tried with the example of the version before, which it must not change. */
const faultsOfUpcast = (
  { versions }: ActionDefinition,
  number: number,
  upcast: NonNullable<ActionVersion['upcast']>,
  check: PayloadCheck,
): string[] => {
  const before = versions[number - 1];
  if (!before) return ['There is no version before it to start from'];
  try {
    const contradiction = check(JSON.stringify(upcast(frozen(before.example))) ?? 'null');
    return contradiction
      ? [
          `What it makes of the example of version ${number - 1} is wrong: ` +
            `${contradiction.path || '/'}: Expected ${contradiction.expected}`,
        ]
      : [];
  } catch (error) {
    return [`It fails with the example of version ${number - 1}: ${(error as Error).message}`];
  }
};

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
};

const undescribed = (schema: MemberSchema, path: string): string[] =>
  Object.entries({ ...schema.properties, ...(schema.items ? { '*': schema.items } : {}) }).flatMap(
    ([name, member]) => {
      const at = path + pointerToken(name);
      const isItem = member === schema.items;
      return [...(member.description || isItem ? [] : [at]), ...undescribed(member, at)];
    },
  );
