/** The body of a request that sets a delivery, and who may set it. */
import * as z from 'zod';
import type { Caller } from '#domain/access/caller.ts';
import { namedRequester } from '#domain/access/named-requester.ts';
import { isRoleArn } from '#domain/access/role-arn.ts';
import { printTerm } from '#domain/filter/term.ts';
import { listMember } from '#domain/filter/terms-shape.ts';
import {
  nameMember,
  type RequestProblem,
  reasonMember,
  requestProblem,
  shapeProblem,
  timeMember,
} from '#domain/request-shape.ts';
import type { Instant } from '#domain/time.ts';
import type { Definition } from './delivery.ts';
import { type Destination, type DestinationSecrets, presets } from './destination.ts';
import { deliveryFormats } from './form.ts';
import { availableFormats, formOf } from './forms.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const bucketGrammar = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const reservedNames =
  /^xn--|^sthree-|^amzn-s3-demo-|-s3alias$|--ol-s3$|\.mrap$|--x-s3$|--table-s3$|\.\.|^\d+\.\d+\.\d+\.\d+$/;
/** Regions as AWS writes them, of every partition that it has in public. */
const areas = 'af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov';
const parts = 'north|south|east|west|central|northeast|northwest|southeast|southwest';
/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html */
const maxArnCharacters = 2_048;
const regionGrammar = new RegExp(`^(${areas})-(${parts})-[1-9]$`);
/** Names of folders with slashes between them; none begins with a dot. */
const folders = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const maxPrefixCharacters = 300;
const maxUrlCharacters = 2048;

const foldersMember = (what: string) =>
  z
    .string()
    .max(maxPrefixCharacters, `Expected at most ${maxPrefixCharacters} characters`)
    .regex(folders, `Expected ${what}: names of letters, digits, "-", "_" and ".", with "/" between them`)
    .meta({ minLength: 1 });

/** Headers that a receiver may demand; others decide about the connection or about what is signed. */
const headerGrammar = /^(authorization|dd-api-key|api-key|x-[a-z0-9-]{1,60})$/;
const headerValue = /^[\t\x20-\x7e]{1,4096}$/;
const maxHeaders = 10;

const httpsUrl = z
  .string()
  .max(maxUrlCharacters)
  .refine(text => {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname, hash } = new URL(text);
    return protocol === 'https:' && hostname !== '' && hash === '';
  }, 'Expected an https URL without a fragment');

const headersMember = z
  .record(
    z
      .string()
      .regex(
        headerGrammar,
        'Expected authorization, dd-api-key, api-key or a name that begins with x-, in lower case',
      ),
    z.string().regex(headerValue, 'Expected 1 to 4096 printable characters'),
  )
  .refine(headers => Object.keys(headers).length <= maxHeaders, `Expected at most ${maxHeaders} headers`);

const secretMember = z.string().min(16, 'Expected at least 16 characters').max(512);

export const destinationShape = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('directory'),
    path: foldersMember('a path below the folder of deliveries'),
  }),
  z.strictObject({
    type: z.literal('s3'),
    bucket: z
      .string()
      .regex(bucketGrammar, 'Expected the name of a bucket')
      .refine(name => !reservedNames.test(name), 'Expected the name of a bucket'),
    prefix: foldersMember('a prefix').optional(),
    region: z.string().regex(regionGrammar, 'Expected a region of AWS, as eu-central-1'),
    role_arn: z.string().max(maxArnCharacters).refine(isRoleArn, 'Expected the ARN of an IAM role'),
  }),
  z.strictObject({
    type: z.literal('https'),
    url: httpsUrl,
    secret: secretMember.optional(),
    headers: headersMember.optional(),
    preset: z.enum(presets).optional(),
  }),
]);

const actionFilter = listMember('action').transform(terms => terms?.map(printTerm));

export const deliveryRequestShape = z.strictObject({
  destination: destinationShape,
  format: z
    .enum(deliveryFormats)
    .refine(format => availableFormats.includes(format), 'This format is not available yet')
    .default('json'),
  filter: z.strictObject({ action: actionFilter }).optional(),
  from: timeMember.optional(),
  paused: z.boolean().default(false),
  requested_by: nameMember.optional(),
  reason: reasonMember.optional(),
});

const maxReplayedRuns = 10_000;
export const replayRequestShape = z
  .strictObject({
    first_run: z.number().int().min(1),
    last_run: z.number().int().min(1),
    reason: reasonMember.optional(),
  })
  .refine(({ first_run, last_run }) => first_run <= last_run, {
    path: ['last_run'],
    message: 'Expected a run that is not before first_run',
  })
  .refine(({ first_run, last_run }) => last_run - first_run < maxReplayedRuns, {
    path: ['last_run'],
    message: `Expected at most ${maxReplayedRuns} runs`,
  });

export type DeliveryRequest = {
  /** Its form version is the newest, and it names no secrets yet. */
  definition: Definition;
  from: Instant | undefined;
  /** What is sealed and stored apart; undefined if the destination has nothing secret. */
  secrets: DestinationSecrets | undefined;
};

type Parsed = z.output<typeof deliveryRequestShape>;

/** Parses the body of `PUT …/deliveries/{id}`, and decides whether this caller may set it. */
export const parseDeliveryRequest = (
  body: unknown,
  caller: Caller,
): DeliveryRequest | { problem: RequestProblem } => {
  const parsed = deliveryRequestShape.safeParse(body);
  if (!parsed.success) return shapeProblem(parsed.error);
  const { destination, format, filter, from, paused, requested_by, reason } = parsed.data;
  if (caller.role === 'support')
    return requestProblem('forbidden', 'Support neither creates nor changes deliveries', '');
  if (destination.type === 'directory' && caller.role !== 'operator')
    return requestProblem('forbidden', 'Only the operator delivers into a directory', '/destination/type');
  const named = namedRequester(caller, requested_by);
  if ('problem' in named) return named;
  const { requester: owner } = named;
  if (owner === undefined && destination.type !== 'directory')
    return requestProblem(
      'requester_required',
      'Name the admin whose delivery it is in requested_by',
      '/requested_by',
    );
  const { shown, secrets } = splitSecrets(destination);
  return {
    definition: {
      destination: shown,
      format,
      form_version: formOf(format).version,
      ...(filter?.action ? { filter: { action: filter.action } } : {}),
      paused,
      ...(owner === undefined ? {} : { requested_by: owner }),
      ...(reason === undefined ? {} : { reason }),
    },
    from,
    secrets,
  };
};

/** The destination as everybody may see it, and what nobody may. */
const splitSecrets = (
  destination: Parsed['destination'],
): { shown: Destination; secrets: DestinationSecrets | undefined } => {
  if (destination.type !== 'https') return { shown: destination, secrets: undefined };
  const { url, secret, headers = {}, preset } = destination;
  const { origin, pathname } = new URL(url);
  return {
    shown: {
      type: 'https',
      url: `${origin}${pathname}`,
      ...(preset ? { preset } : {}),
      header_names: Object.keys(headers).sort(),
    },
    secrets: { url, secrets: secret === undefined ? [] : [secret], headers },
  };
};
