/** `annals key`: keys of persons and services for an embedded installation, so that the log names who acted. */
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { command, dataOption, jsonOption } from '#cli/command.ts';
import { dataDirectory } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { print } from '#cli/print.ts';
import { showTime } from '#cli/table.ts';
import { isName, maxNameCharacters } from '#domain/event/name.ts';
import {
  changeKeys,
  digestOf,
  KeyFileError,
  type KeyRole,
  keyRoles,
  type NamedKey,
  newKeyId,
  newToken,
  readKeyFile,
} from '#embedded/access/keys.ts';
import { maxRateLimit } from '#embedded/access/rate-limits.ts';
import { makeDirectory } from '#embedded/files.ts';

type KeyOptions = { data?: string; stack?: string; json: boolean };
type AddOptions = KeyOptions & {
  name: string;
  role: KeyRole;
  expires?: string;
  stampRequest: boolean;
  scope?: string[];
  rateLimit?: string;
};

export const addKey = (program: Command): void => {
  const key = command(
    program,
    'key',
    'Manage keys of persons and services, beside the three keys of the roles.',
    'key add --name billing --role emitter',
  );
  const ofKey = (name: string, description: string, example: string): Command =>
    command(key, name, description, `key ${name} ${example}`.trimEnd())
      .option(...dataOption)
      .option(...jsonOption);
  ofKey(
    'add',
    'Add a key and print it once. A running server accepts it within a second.',
    '--name billing --role emitter --expires 90d',
  )
    .requiredOption('--name <name>', 'the name of the person or service, as the log will show it')
    .addOption(
      new Option(
        '--role <role>',
        'the role of the key; page: mint tokens for the page in a frame; metrics: read /metrics',
      )
        .choices([...keyRoles])
        .makeOptionMandatory(),
    )
    .option('--expires <duration>', 'how long the key is valid, such as 12h or 90d (default: until revoked)')
    .option(
      '--no-stamp-request',
      'do not add the delivering request to events without one; for log shippers and imports',
    )
    .option(
      '--scope <id...>',
      'send events of these scopes alone; any other event is refused (default: of all scopes, and of none)',
    )
    .option(
      '--rate-limit <events>',
      'how many events a second the key may send, or none for no limit (default: that of "annals start")',
    )
    .action(add);
  ofKey('list', 'List the named keys, without their secrets.', '').action(list);
  ofKey(
    'revoke',
    'Revoke a key by its id. A running server refuses it within a second.',
    'k-3f2a9c0d1e4b5a67',
  )
    .argument('<id>', 'the id, as "annals key list" shows it')
    .action(revoke);
};

const fileOf = ({ data, stack }: KeyOptions): { path: string; temporary: string } => {
  if (stack !== undefined)
    throw new Failure(2, 'On AWS there are IAM roles instead of keys (docs/deploy.md); leave out --stack');
  const root = resolve(dataDirectory(data));
  return { path: join(root, 'keys.json'), temporary: join(root, 'tmp') };
};

const failed = (path: string) => (error: NodeJS.ErrnoException) => {
  if (error instanceof KeyFileError) throw new Failure(1, error.message, { cause: error });
  if (error.code === 'ENOENT')
    throw new Failure(2, `There is no key file ${path}; start the server once to create it, or use --data`, {
      cause: error,
    });
  throw error;
};

const milliseconds = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const expiryOf = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (number === undefined)
    throw new Failure(2, `--expires is "${text}"; expected a duration such as 30m, 12h or 90d`);
  return new Date(Date.now() + Number(number) * milliseconds[unit as 'm' | 'h' | 'd']).toISOString();
};

const add = async (options: AddOptions): Promise<void> => {
  const { name, role, expires, stampRequest, json } = options;
  if (!isName(name))
    throw new Failure(2, `--name must have 1 to ${maxNameCharacters} characters and no control characters`);
  const { path, temporary } = fileOf(options);
  const until = expiryOf(expires);
  const bounds = boundsOf(options);
  const token = newToken();
  const key: NamedKey = {
    id: newKeyId(),
    name,
    role,
    sha256: digestOf(token),
    ...(stampRequest ? {} : { stamp_request: false }),
    ...(until === undefined ? {} : { expires: until }),
    ...bounds,
  };
  await readKeyFile(path).catch(failed(path));
  await makeDirectory(temporary);
  await changeKeys(path, temporary, keys => [...keys, key]).catch(failed(path));
  const end = until === undefined ? '' : `, until ${showTime(until)} UTC`;
  return print(
    { json },
    { ...shown(key), token },
    {
      done: `Added the key ${key.id} of "${name}" for the role ${role}${end}. It is shown only now:`,
      more: [token],
    },
  );
};

/** What a key may send. */
const boundsOf = ({ role, scope, rateLimit }: AddOptions): Pick<NamedKey, 'scopes' | 'rate_limit'> => {
  const option = scope ? '--scope' : rateLimit === undefined ? undefined : '--rate-limit';
  if (option !== undefined && role !== 'emitter')
    throw new Failure(2, `${option} is about events that are sent, so it needs --role emitter`);
  const wrong = scope?.find(id => !isName(id));
  if (wrong !== undefined)
    throw new Failure(
      2,
      `--scope must have 1 to ${maxNameCharacters} characters and no control characters, got "${wrong}"`,
    );
  return {
    ...(scope ? { scopes: [...new Set(scope)] } : {}),
    ...(rateLimit === undefined ? {} : { rate_limit: limitOf(rateLimit) }),
  };
};

const limitOf = (text: string): number | null => {
  if (text === 'none') return null;
  if (!/^\d{1,7}$/.test(text) || Number(text) < 1 || Number(text) > maxRateLimit)
    throw new Failure(
      2,
      `--rate-limit is "${text}"; expected a whole number of events a second from 1 to ${maxRateLimit}, or none`,
    );
  return Number(text);
};

const shown = ({ id, name, role, stamp_request = true, expires, scopes, rate_limit }: NamedKey) => ({
  id,
  name,
  role,
  stamp_request,
  expires: expires ?? null,
  ...(scopes ? { scopes } : {}),
  ...(rate_limit === undefined ? {} : { rate_limit }),
});

const list = async (options: KeyOptions): Promise<void> => {
  const { path } = fileOf(options);
  const { named } = (await readKeyFile(path).catch(failed(path)))!;
  return print(
    options,
    { keys: named.map(shown) },
    {
      table: named.map(key => ({
        id: key.id,
        name: key.name,
        role: key.role,
        'expires (UTC)': key.expires === undefined ? 'never' : showTime(key.expires),
        scopes: key.scopes?.join(', ') ?? '',
        'events/s': key.rate_limit === undefined ? '' : (key.rate_limit ?? 'no limit'),
      })),
      none: 'No named keys; add one with "annals key add --name billing --role emitter"',
    },
  );
};

const revoke = async (id: string, options: KeyOptions): Promise<void> => {
  const { path, temporary } = fileOf(options);
  let revoked: NamedKey | undefined;
  await readKeyFile(path).catch(failed(path));
  await makeDirectory(temporary);
  await changeKeys(path, temporary, keys => {
    revoked = keys.find(key => key.id === id);
    return keys.filter(key => key.id !== id);
  }).catch(failed(path));
  if (!revoked) throw new Failure(1, `There is no key with the id "${id}"; "annals key list" lists the keys`);
  return print(
    options,
    { ...shown(revoked), revoked: true },
    { done: `Revoked the key ${revoked.id} of "${revoked.name}"` },
  );
};
