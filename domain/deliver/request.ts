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
import { type Destination, presets } from './destination.ts';
import { deliveryFormats } from './form.ts';
import { availableFormats, formOf } from './forms.ts';
import { type SecretsChange, shownUrl } from './secrets-change.ts';

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
export const maxHeaders = 10;
export const tooManyHeaders = `Expected at most ${maxHeaders} headers`;

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
    z.string().regex(headerValue, 'Expected 1 to 4096 printable characters').nullable(),
  )
  .refine(headers => Object.keys(headers).length <= 2 * maxHeaders, tooManyHeaders)
  .meta({ description: 'A header that is left out stays; null removes it.' });

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
    url: httpsUrl.optional().meta({
      description: 'Required for a new one. The URL as it is shown stands for the whole URL that is stored.',
    }),
    secret: secretMember.nullable().optional().meta({
      description: 'A new one, beside which the one before stays live; null removes all.',
    }),
    previous_secret: z.null().optional().meta({
      description: 'null ends the rotation: the secret before the newest one is no longer live.',
    }),
    headers: headersMember.nullable().optional(),
    preset: z.enum(presets).optional(),
  }),
]);

const actionFilter = listMember('action').transform(terms => terms?.map(printTerm));

export const deliveryRequestShape = z
  .strictObject({
    destination: destinationShape.optional().meta({ description: 'Required for a new delivery.' }),
    format: z
      .enum(deliveryFormats)
      .refine(format => availableFormats.includes(format), 'This format is not available yet')
      .optional()
      .meta({ description: 'json if a new delivery has none.' }),
    filter: z
      .strictObject({ action: actionFilter })
      .nullable()
      .optional()
      .meta({ description: 'null removes it: every event is delivered.' }),
    from: timeMember.optional(),
    confirmed_from: timeMember.optional(),
    dry_run: z.boolean().optional(),
    paused: z.boolean().optional(),
    requested_by: nameMember.optional(),
    reason: reasonMember.optional().meta({ description: 'Of this change alone.' }),
  })
  .meta({ description: 'What a change leaves out stays as it is.' });

/** Of one request to send runs again. */
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
  /**
   * As it will be, but for what is secret: its destination shows none of that yet, and it names the secrets of the
   * delivery as it is. The form version is the newest if the format is another one.
   */
  definition: Definition;
  from: Instant | undefined;
  /** Repeats `from`, if what was filed since then was shown and is wanted. */
  confirmedFrom: Instant | undefined;
  /** Nothing is made: only what it would begin with is said. */
  isDryRun: boolean;
  /** Undefined if nothing that is secret changes. */
  secrets: SecretsChange | undefined;
};

type Parsed = z.output<typeof deliveryRequestShape>;
type Wanted = { destination: Destination; secrets?: SecretsChange };

/**
 * Parses the body of `PUT …/deliveries/{id}`, and decides whether this caller may set it. `before` is the delivery as
 * it is: what the body leaves out stays.
 */
export const parseDeliveryRequest = (
  body: unknown,
  caller: Caller,
  before?: Definition,
): DeliveryRequest | { problem: RequestProblem } => {
  const parsed = deliveryRequestShape.safeParse(body);
  if (!parsed.success) return shapeProblem(parsed.error);
  if (caller.role === 'support')
    return requestProblem('forbidden', 'Support neither creates nor changes deliveries', '');
  const wanted = wantedDestination(parsed.data.destination, before?.destination);
  if ('problem' in wanted) return wanted;
  const owner = ownerOf(parsed.data, wanted, { caller, before });
  if ('problem' in owner) return owner;
  const { format = before?.format ?? 'json', paused = before?.paused ?? false, from, reason } = parsed.data;
  const filter = parsed.data.filter === undefined ? before?.filter : parsed.data.filter;
  return {
    definition: {
      destination: wanted.destination,
      format,
      // A delivery keeps the version of its form.
      form_version: before?.format === format ? before.form_version : formOf(format).version,
      ...(filter?.action ? { filter: { action: filter.action } } : {}),
      paused,
      ...(owner.requester === undefined ? {} : { requested_by: owner.requester }),
      ...(reason === undefined ? {} : { reason }),
      ...(before?.secret_version === undefined ? {} : { secret_version: before.secret_version }),
    },
    from,
    confirmedFrom: parsed.data.confirmed_from,
    isDryRun: parsed.data.dry_run ?? false,
    secrets: wanted.secrets,
  };
};

/** An admin owns what they set. What the operator sets keeps its owner, unless they name another one. */
const ownerOf = (
  { requested_by }: Parsed,
  { destination }: Wanted,
  { caller, before }: { caller: Caller; before: Definition | undefined },
): { requester: string | undefined } | { problem: RequestProblem } => {
  if (destination.type === 'directory' && caller.role !== 'operator')
    return requestProblem('forbidden', 'Only the operator delivers into a directory', '/destination/type');
  const owner = requested_by ?? (caller.role === 'operator' ? before?.requested_by : undefined);
  const named = namedRequester(caller, owner);
  if ('problem' in named || named.requester !== undefined || destination.type === 'directory') return named;
  return requestProblem(
    'requester_required',
    'Name the admin whose delivery it is in requested_by',
    '/requested_by',
  );
};

/** The destination as everybody may see it, and what changes of the rest. */
const wantedDestination = (
  given: Parsed['destination'],
  before: Destination | undefined,
): Wanted | { problem: RequestProblem } => {
  if (!given)
    return before
      ? { destination: before }
      : requestProblem('invalid_request', 'Expected the destination of a new delivery', '/destination');
  if (given.type !== 'https')
    return { destination: before?.type === given.type ? { ...before, ...given } : given };
  const { type, preset, ...secrets } = given;
  const stored = before?.type === 'https' ? before : undefined;
  const url = given.url === undefined ? stored?.url : shownUrl(given.url);
  if (url === undefined)
    return requestProblem('invalid_request', 'Expected the URL of a new delivery', '/destination/url');
  return { destination: { ...stored, type, url, ...(preset ? { preset } : {}) }, secrets };
};
