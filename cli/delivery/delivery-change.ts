/**
 * What `annals delivery set` changes. What no option names is left out, so that it stays. Secrets are in variables or
 * on standard input, and never arguments: whoever lists processes would see those.
 */
import { Failure } from '#cli/failure.ts';

export type SetOptions = {
  directory?: string;
  https?: string;
  preset?: string;
  bucket?: string;
  prefix?: string;
  region?: string;
  role?: string;
  secretStdin?: boolean;
  endRotation?: boolean;
  removeSecret?: boolean;
  removeHeader?: readonly string[];
  format?: string;
  action?: string;
  from?: string;
  requestedBy?: string;
  reason?: string;
  paused?: boolean;
  dryRun?: boolean;
  yes?: boolean;
};

export type Inputs = {
  environment: Readonly<Record<string, string | undefined>>;
  /** Standard input. */
  input: AsyncIterable<Buffer | string> & { isTTY?: boolean };
};

export const deliveryChangeOf = async (options: SetOptions, inputs: Inputs) => {
  const { format, action, from, requestedBy: requested_by, reason, paused } = options;
  return {
    destination: await destinationOf(options, inputs),
    format,
    filter: filterOf(action),
    from,
    requested_by,
    reason,
    paused,
  };
};

/** An empty text removes the filter. */
const filterOf = (action: string | undefined): { action: string } | null | undefined => {
  if (action === undefined) return undefined;
  return action === '' ? null : { action };
};

const destinationOf = async (options: SetOptions, inputs: Inputs) => {
  const { directory, bucket, https: url, preset } = options;
  if (directory !== undefined) return { type: 'directory', path: directory };
  if (bucket !== undefined) return bucketOf(bucket, options);
  const { prefix, region, role } = options;
  if (prefix !== undefined || region !== undefined || role !== undefined)
    throw new Failure(2, 'Expected --bucket with --prefix, --region and --role');
  const secrets = await secretsOf(options, inputs);
  if (url === undefined && preset === undefined && Object.keys(secrets).length === 0) return undefined;
  return { type: 'https', url, preset, ...secrets };
};

const bucketOf = (bucket: string, { prefix, region, role }: SetOptions) => {
  if (region === undefined || role === undefined)
    throw new Failure(2, 'Expected --region and --role with --bucket');
  return { type: 's3', bucket, prefix, region, role_arn: role };
};

const secretsOf = async (
  { secretStdin, removeSecret, endRotation, removeHeader = [] }: SetOptions,
  { environment, input }: Inputs,
) => {
  const { ANNALS_DELIVERY_SECRET: inVariable, ANNALS_DELIVERY_HEADERS: set } = environment;
  const secret = secretStdin ? await readSecret(input) : inVariable || undefined;
  const removed = Object.fromEntries(removeHeader.map(name => [name.toLowerCase(), null]));
  const headers = { ...(set ? headersOf(set) : {}), ...removed };
  return {
    ...(removeSecret ? { secret: null } : secret === undefined ? {} : { secret }),
    ...(endRotation ? { previous_secret: null } : {}),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
};

/** The API takes at most 512 characters, each of at most 4 bytes, and a line may end by two more. */
const maxSecretBytes = 4 * 512 + 2;

const readSecret = async (input: Inputs['input']): Promise<string> => {
  if (input.isTTY)
    throw new Failure(
      2,
      'Expected the secret on standard input, such as from a file: --secret-stdin < secret.txt',
    );
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of input) {
    pieces.push(Buffer.from(piece));
    bytes += pieces.at(-1)!.length;
    if (bytes > maxSecretBytes)
      throw new Failure(2, 'Expected a secret of at most 512 characters on standard input');
  }
  const secret = Buffer.concat(pieces)
    .toString()
    .replace(/\r?\n$/, '');
  if (secret === '') throw new Failure(2, 'Expected a secret on standard input, got nothing');
  return secret;
};

/** The parser's own message is not used: it quotes the content. */
const headersOf = (text: string): object => {
  try {
    return JSON.parse(text) as object;
  } catch {
    throw new Failure(2, 'Expected ANNALS_DELIVERY_HEADERS to be a JSON object of headers and values');
  }
};
