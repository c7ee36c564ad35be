/**
 * The configuration of every function, read once and typed; all faults are reported together. The CDK
 * constructs use the same types, so a stack that forgets a variable does not compile.
 */
import * as z from 'zod';
import { isRoleArn } from '#domain/access/role-arn.ts';
import { isBucketCount } from '#domain/archive/bucket.ts';
import { parsePorts } from '#domain/deliver/allowed-targets.ts';
import { notifiedEvents } from '#domain/export/notification.ts';
import { defaultRefused } from '#domain/refused/usage.ts';

const name = z.string().min(1);
const roleArns = z
  .string()
  .transform(text =>
    text
      .split(',')
      .map(arn => arn.trim())
      .filter(arn => arn !== ''),
  )
  .pipe(
    z.array(
      z.string().refine(isRoleArn, 'Expected ARNs of IAM roles, without wildcards, separated by commas'),
    ),
  );

const variables = {
  /** The name of the installation in its metrics. */
  ANNALS_INSTALLATION: name,
  ANNALS_BUCKETS: z.coerce.number().refine(isBucketCount, 'Expected a power of two from 1 to 4096'),
  ANNALS_STREAM: name,
  ANNALS_LEDGER: name,
  ANNALS_STATE: name,
  ANNALS_RESULTS: name,
  /** The bucket of the segments of closed days. */
  ANNALS_VIEWS: name,
  /** The bucket for records that could not be filed. */
  ANNALS_ASIDE: name,
  ANNALS_WORK_GROUP: name,
  ANNALS_DATABASE: name,
  ANNALS_SUPPORT_ROLES: roleArns,
  ANNALS_OPERATOR_ROLES: roleArns,
  ANNALS_STALL_SECONDS: z.coerce.number().int().min(10),
  /** How long an export may be open before it fails. */
  ANNALS_OPEN_SECONDS: z.coerce.number().int().min(10),
  /** The topic for notices of ended exports; empty if there is no topic. */
  ANNALS_NOTIFICATION_TOPIC: z.string(),
  /** Which ends of exports are published. */
  ANNALS_NOTIFICATION_EVENTS: z.enum(notifiedEvents).default('schedules'),
  /** The claim of a customer's token with the id of their scope. */
  ANNALS_SCOPE_CLAIM: name,
  /** The Lambda that keeps the admins; empty if the state keeps them. */
  ANNALS_DIRECTORY_FUNCTION: z.string(),
  /** What the page's distribution sends with each request; empty if there is no page. */
  ANNALS_PAGE_SECRET: z.string(),
  /** What seals the secrets of deliveries. */
  ANNALS_DELIVERY_KEY: name,
  /** The account of the installation, of which no delivery assumes a role. */
  ANNALS_ACCOUNT: z.string().regex(/^\d{12}$/, 'Expected the twelve digits of an account'),
  /** The ports besides 443 that HTTPS deliveries may connect to, separated by commas; empty if there are none. */
  ANNALS_DELIVERY_PORTS: z.string().transform((text, context) => {
    const parsed = text === '' ? { ports: [] } : parsePorts(text);
    if ('ports' in parsed) return parsed.ports;
    context.addIssue({ code: 'custom', message: `The value ${parsed.fault}` });
    return z.NEVER;
  }),
  /** What happens to an event whose action is not in the catalogue: `open` reports it, `strict` refuses it. */
  ANNALS_CATALOGUE_MODE: z.enum(['open', 'strict']),
  /** How many days refused items are kept, and their maximum total size in bytes. */
  ANNALS_REFUSED_DAYS: z.coerce.number().int().min(1).max(36_500).default(defaultRefused.days),
  ANNALS_REFUSED_BYTES: z.coerce.number().int().min(0).default(defaultRefused.bytes),
} as const;

type Variables = typeof variables;
export type VariableName = keyof Variables;

const everywhere = ['ANNALS_INSTALLATION', 'ANNALS_BUCKETS', 'ANNALS_STATE'] as const;

const exportVariables = [
  ...everywhere,
  'ANNALS_STREAM',
  'ANNALS_LEDGER',
  'ANNALS_VIEWS',
  'ANNALS_RESULTS',
  'ANNALS_ASIDE',
  'ANNALS_WORK_GROUP',
  'ANNALS_DATABASE',
  'ANNALS_STALL_SECONDS',
  'ANNALS_OPEN_SECONDS',
  'ANNALS_NOTIFICATION_TOPIC',
  'ANNALS_NOTIFICATION_EVENTS',
] as const;

/** Who calls an HTTP API, and may read. */
export const callerVariables = [
  'ANNALS_SUPPORT_ROLES',
  'ANNALS_OPERATOR_ROLES',
  'ANNALS_SCOPE_CLAIM',
  'ANNALS_DIRECTORY_FUNCTION',
  'ANNALS_PAGE_SECRET',
] as const;

/** What opens the destinations of deliveries. */
export const deliveryVariables = ['ANNALS_DELIVERY_KEY', 'ANNALS_ACCOUNT', 'ANNALS_DELIVERY_PORTS'] as const;

/** The variables of each function. */
export const variablesOf = {
  receive: [...everywhere, 'ANNALS_STREAM', 'ANNALS_CATALOGUE_MODE', 'ANNALS_REFUSED_BYTES'],
  archive: [...everywhere, 'ANNALS_STREAM', 'ANNALS_LEDGER', 'ANNALS_ASIDE'],
  compact: [...everywhere, 'ANNALS_LEDGER', 'ANNALS_VIEWS'],
  export: [...exportVariables, ...callerVariables],
  browse: [
    ...everywhere,
    'ANNALS_STREAM',
    'ANNALS_LEDGER',
    'ANNALS_VIEWS',
    'ANNALS_ASIDE',
    ...callerVariables,
  ],
  finish: exportVariables,
  tick: [...exportVariables, 'ANNALS_DIRECTORY_FUNCTION', 'ANNALS_REFUSED_DAYS'],
  manage: [
    ...everywhere,
    'ANNALS_STREAM',
    'ANNALS_LEDGER',
    'ANNALS_VIEWS',
    'ANNALS_ASIDE',
    'ANNALS_CATALOGUE_MODE',
    ...callerVariables,
    ...deliveryVariables,
  ],
  deliver: [
    ...everywhere,
    'ANNALS_STREAM',
    'ANNALS_LEDGER',
    'ANNALS_VIEWS',
    'ANNALS_ASIDE',
    'ANNALS_STALL_SECONDS',
    'ANNALS_DIRECTORY_FUNCTION',
    ...deliveryVariables,
  ],
  describe: [...everywhere, 'ANNALS_ASIDE', 'ANNALS_REFUSED_BYTES'],
} as const satisfies Record<string, readonly VariableName[]>;

/** The parsed values of these variables. */
export type Configuration<Name extends VariableName> = { [V in Name]: z.output<Variables[V]> };

export type FunctionName = keyof typeof variablesOf;
/** The environment of a function, as text. */
export type EnvironmentOf<F extends FunctionName> = Record<(typeof variablesOf)[F][number], string>;
/** The configuration of a function, parsed from its environment. */
export type ConfigurationOf<F extends FunctionName> = Configuration<(typeof variablesOf)[F][number]>;

/** Reads a function's environment; throws one error that names every missing or invalid variable. */
export const readEnvironment = <F extends FunctionName>(
  name: F,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigurationOf<F> => {
  const shape = Object.fromEntries(variablesOf[name].map(variable => [variable, variables[variable]]));
  const parsed = z.object(shape).safeParse(environment);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => {
      const variable = String(path[0]);
      // Short, since the log truncates long messages.
      return `${variable}: ${environment[variable] === undefined ? 'missing' : message}`;
    });
    throw new Error(`The environment of ${name} is not complete: ${faults.join('; ')}`);
  }
  return parsed.data as ConfigurationOf<F>;
};
