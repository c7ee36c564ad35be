/**
 * What an operator may set: from the context of CDK (`cdk deploy -c annals:buckets=64`, or `"annals:buckets":
 * 64` under `context` in cdk.json), or as props of `AnnalsStack` in an app of the company's. Every setting has a
 * default; all faults are reported together. docs/deploy.md lists the settings.
 */
import { Token } from 'aws-cdk-lib';
import leven from 'leven';
import * as z from 'zod';
import { expectedSets, isChoiceOfSets } from '#catalogue/choice.ts';
import { isRoleArn } from '#domain/access/role-arn.ts';
import { defaultBuckets, isBucketCount } from '#domain/archive/bucket.ts';
import { isPort, maxListed } from '#domain/deliver/allowed-targets.ts';
import { defaultRefused } from '#domain/refused/usage.ts';

export const contextPrefix = 'annals:';

const list = z.preprocess(
  value =>
    typeof value === 'string'
      ? value
          .split(',')
          .map(item => item.trim())
          .filter(Boolean)
      : value,
  z.array(z.string()),
);
/**
 * ARNs go into policies unchanged, where a wildcard would match others too: each must name one thing, in
 * full. Of a resource of the same app there is only a token yet, which stands for its ARN.
 */
const arn = (what: string, isOne: (text: string) => boolean) =>
  z.string().refine(text => Token.isUnresolved(text) || isOne(text), {
    error: ({ input }) => `Expected the ARN of ${what}, whole and without wildcards, got "${input}"`,
  });
const roleArn = arn('an IAM role', isRoleArn);
const functionArn = arn('a Lambda function', text =>
  /^arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(:(\$LATEST|[\w-]{1,128}))?$/.test(text),
);
const topicArn = arn('a standard SNS topic', text =>
  /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/.test(text),
);
const keyArn = arn('a KMS key', text => /^arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]{1,128}$/.test(text));
/**
 * Two statements each, in a policy of at most 20 KB.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const maxEmitterRoles = 20;
/** It goes into the page's policy unchanged. */
const httpsOrigin = z
  .string()
  .refine(text => URL.canParse(text) && new URL(text).origin === text && text.startsWith('https://'), {
    error: ({ input }) => `Expected an origin as "https://login.example.com", got "${input}"`,
  });
const domain = z
  .string()
  .regex(/^([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/, 'Expected a domain as "audit.example.com"');
const days = z.coerce.number().int().min(1).max(36_500);
/** CloudWatch keeps logs for these periods and no others. */
const logDays = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653] as const;

const shapes = {
  /** The name of the stack, of its work group, and of the installation in metrics. */
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, 'Expected letters, digits and dashes')
    .default('Annals'),
  buckets: z.coerce
    .number()
    .refine(isBucketCount, 'Expected a power of two from 1 to 4096')
    .default(defaultBuckets),
  batchingWindowSeconds: z.coerce.number().int().min(0).max(300).default(30),
  streamMode: z.enum(['on-demand', 'provisioned']).default('on-demand'),
  shards: z.coerce.number().int().min(1).max(4096).default(1),
  lockMode: z.enum(['none', 'governance', 'compliance']).default('governance'),
  lockDays: days.default(365),
  breakGlassRole: roleArn.optional(),
  coldAfterDays: days.default(30),
  resultsDays: days.default(30),
  /** How many days refused items are kept, and how many bytes of them. */
  refusedDays: days.default(defaultRefused.days),
  refusedBytes: z.coerce.number().int().min(0).default(defaultRefused.bytes),
  logDays: z.coerce
    .number()
    .refine(n => (logDays as readonly number[]).includes(n), `Expected one of ${logDays.join(', ')}`)
    .default(90),
  accessLogDays: days.default(365),
  supportRoles: list.pipe(z.array(roleArn)).default([]),
  /** Roles that send events and are in other accounts, or have no policy of their own for it. */
  emitterRoles: list
    .pipe(z.array(roleArn).max(maxEmitterRoles, `Expected at most ${maxEmitterRoles} roles`))
    .default([]),
  operatorRoles: list.pipe(z.array(roleArn)).default([]),
  jwtIssuer: z.url({ protocol: /^https$/ }).optional(),
  jwtAudience: list.default([]),
  scopeClaim: z.string().min(1).default('scope_id'),
  /** The page's own client at the issuer; with it there is a page. */
  pageClientId: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'Expected the id of a client, printable and without spaces')
    .optional(),
  /** The scopes that the page asks the issuer for, besides openid. */
  pageScopes: list
    .pipe(z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'Expected a scope of OAuth')))
    .default([]),
  /** Origins of the issuer other than that of jwtIssuer, such as that of its token endpoint. */
  pageOrigins: list.pipe(z.array(httpsOrigin)).default([]),
  /** A domain of the company's for the page, and its certificate, which must be in us-east-1. */
  pageDomain: domain.optional(),
  pageCertificate: arn('a certificate of ACM in us-east-1', text =>
    /^arn:aws:acm:us-east-1:\d{12}:certificate\/[\w-]{1,64}$/.test(text),
  ).optional(),
  /** A domain of the company's for the API for customers, and its certificate, in the region of the stack. */
  apiDomain: domain.optional(),
  apiCertificate: arn('a certificate of ACM', text =>
    /^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]{1,64}$/.test(text),
  ).optional(),
  /** Ports besides 443 that HTTPS deliveries may connect to. */
  deliveryPorts: list
    .pipe(
      z
        .array(z.coerce.number<string>().refine(isPort, 'Expected ports from 1 to 65535'))
        .max(maxListed, `Expected at most ${maxListed} ports`),
    )
    .default([]),
  directoryFunction: functionArn.optional(),
  alarmTopic: topicArn.optional(),
  notificationTopic: topicArn.optional(),
  /** The key that the notification topic is encrypted with. */
  notificationKey: keyArn.optional(),
  /** The ends of exports that the topic is notified of. */
  notificationEvents: z.enum(['schedules', 'all']).default('schedules'),
  /** Where the company has the runbook; by default the dashboard, which holds it. */
  runbookUrl: z.string().min(1).optional(),
  stallSeconds: z.coerce.number().int().min(60).default(900),
  openSeconds: z.coerce.number().int().min(600).default(21_600),
  scanLimitGiB: z.coerce.number().min(0.01).default(1024),
  scanAlarmGiB: z.coerce.number().min(0.01).default(1024),
  reserveConcurrency: z
    .preprocess(value => (value === 'true' ? true : value === 'false' ? false : value), z.boolean())
    .default(true),
  receiveConcurrency: z.coerce.number().int().min(1).optional(),
  /** The folder or package of the company's own actions. */
  catalogue: z.string().min(1).optional(),
  /** The sets of example actions to have besides them. */
  catalogueWith: list.refine(isChoiceOfSets, expectedSets).optional(),
  catalogueMode: z.enum(['open', 'strict']).default('open'),
  /** The settings of the deployed stack that this deploy may lose. */
  forget: list
    .refine(names => names.every(isForgettable), {
      error: ({ input }) => `Expected names of settings other than buckets, got "${String(input)}"`,
    })
    .default([]),
};

export const settingNames = Object.keys(shapes);

/** The number of buckets decides on the place of every event, so it can never change. */
function isForgettable(name: string): boolean {
  return settingNames.includes(name) && name !== 'buckets';
}

const shape = z
  .strictObject(shapes)
  .refine(({ jwtIssuer, jwtAudience }) => jwtIssuer === undefined || jwtAudience.length > 0, {
    path: ['jwtAudience'],
    message:
      'Expected an audience, since jwtIssuer is set: a token for another service must not open this one',
  })
  .refine(({ jwtIssuer, jwtAudience }) => jwtIssuer !== undefined || jwtAudience.length === 0, {
    path: ['jwtIssuer'],
    message: 'Expected an issuer, since jwtAudience is set',
  })
  .refine(({ pageDomain, pageCertificate }) => pageDomain === undefined || pageCertificate !== undefined, {
    path: ['pageCertificate'],
    message: 'Expected a certificate, since pageDomain is set',
  })
  .refine(({ apiDomain, apiCertificate }) => apiDomain === undefined || apiCertificate !== undefined, {
    path: ['apiCertificate'],
    message: 'Expected a certificate, since apiDomain is set',
  })
  .refine(
    ({ pageClientId, jwtAudience }) => pageClientId === undefined || jwtAudience.includes(pageClientId),
    {
      path: ['pageClientId'],
      message: 'Expected one of jwtAudience: the page shows the customers’ API tokens that were made for it',
    },
  );

export type Settings = z.output<typeof shape>;
/** The settings as props of `AnnalsStack`; each that is absent has its default. */
export type GivenSettings = Partial<Omit<Settings, 'forget'>>;

/** The settings cannot be used; the message names every one that is unknown or wrong. */
export class SettingsError extends Error {
  constructor(faults: readonly string[]) {
    super(`The settings cannot be used: ${faults.join('; ')}`);
    this.name = 'SettingsError';
  }
}

type Given = Readonly<Record<string, unknown>>;

/** The settings that a context gives, without their prefix. */
export const givenSettings = (context: Given): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(context)
      .filter(([key]) => key.startsWith(contextPrefix))
      .map(([key, value]) => [key.slice(contextPrefix.length), value]),
  );

/** Settings that would do nothing, which nobody who gives them expects. */
const faultsOfIdle = (given: Given, settings: Settings, prefix: string): string[] =>
  (
    [
      ['shards', settings.streamMode === 'provisioned', 'streamMode=provisioned'],
      ['lockDays', settings.lockMode !== 'none', 'lockMode=governance or lockMode=compliance'],
      ['pageScopes', settings.pageClientId !== undefined, 'pageClientId'],
      ['pageOrigins', settings.pageClientId !== undefined, 'pageClientId'],
      ['pageDomain', settings.pageClientId !== undefined, 'pageClientId'],
      ['pageCertificate', settings.pageDomain !== undefined, 'pageDomain'],
      ['apiDomain', settings.jwtIssuer !== undefined, 'jwtIssuer'],
      ['apiCertificate', settings.apiDomain !== undefined, 'apiDomain'],
      ['notificationKey', settings.notificationTopic !== undefined, 'notificationTopic'],
    ] as const
  )
    .filter(([name, isUsed]) => given[name] !== undefined && !isUsed)
    .map(([name, , needed]) => `${prefix}${name}: It does nothing without ${prefix}${needed}`);

/** Reads the settings of a context; throws `SettingsError`. */
export const readSettings = (context: Given): Settings => settingsOf(givenSettings(context), contextPrefix);

/** Checks settings and adds the defaults; throws `SettingsError`. `prefix` is that of their names in messages. */
export const settingsOf = (given: Given, prefix = ''): Settings => {
  const parsed = shape.safeParse(given);
  if (parsed.success) {
    const idle = faultsOfIdle(given, parsed.data, prefix);
    if (idle.length > 0) throw new SettingsError(idle);
    return parsed.data;
  }
  const faults = parsed.error.issues.flatMap(issue =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(key => `${prefix}${key}: there is no such setting${nearest(key, prefix)}`)
      : [`${prefix}${issue.path.join('.')}: ${issue.message}`],
  );
  throw new SettingsError(faults);
};

const nearest = (key: string, prefix: string): string => {
  const [best] = settingNames
    .map(name => ({ name, distance: leven(name.toLowerCase(), key.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= 3 ? `; did you mean ${prefix}${best.name}?` : '';
};
