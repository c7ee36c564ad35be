/** `annals key`: a key per person or service for an embedded installation, so that its log says who it was. */
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { command, dataOption, jsonOption } from '#cli/command.ts';
import { dataDirectory } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson } from '#cli/output.ts';
import { renderTable, showTime } from '#cli/table.ts';
import { paint, visible } from '#cli/terminal.ts';
import { isName, maxNameCharacters } from '#domain/event/name.ts';
import {
  changeKeys,
  digestOf,
  KeyFileError,
  type NamedKey,
  newKeyId,
  newToken,
  type Role,
  readKeyFile,
  roles,
} from '#embedded/access/keys.ts';
import { makeDirectory } from '#embedded/files.ts';

type KeyOptions = { data?: string; stack?: string; json: boolean };
type AddOptions = KeyOptions & { name: string; role: Role; expires?: string; stampRequest: boolean };

export const addKey = (program: Command): void => {
  const key = command(
    program,
    'key',
    'Keys of their own for persons and services, beside the three of the roles.',
    'key add --name billing --role emitter',
  );
  const ofKey = (name: string, description: string, example: string): Command =>
    command(key, name, description, `key ${example}`)
      .option(...dataOption)
      .option(...jsonOption);
  ofKey(
    'add',
    'Add a key and print it, this once. A running server takes it within a second.',
    'add --name billing --role emitter --expires 90d',
  )
    .requiredOption('--name <name>', 'the person or the service; the log says it')
    .addOption(new Option('--role <role>', 'what the key opens').choices([...roles]).makeOptionMandatory())
    .option('--expires <time>', 'for how long it holds, as 12h or 90d; else until it is revoked')
    .option(
      '--no-stamp-request',
      'events without a request are not stamped with the one that brings them: for shippers and imports',
    )
    .action(add);
  ofKey('list', 'List the named keys, without the keys themselves.', 'list').action(list);
  ofKey(
    'revoke',
    'Revoke a key by its id. A running server refuses it within a second.',
    'revoke k-3f2a9c0d1e4b5a67',
  )
    .argument('<id>', 'the id, as "annals key list" shows it')
    .action(revoke);
};

const fileOf = ({ data, stack }: KeyOptions): { path: string; temporary: string } => {
  if (stack !== undefined)
    throw new Failure(2, 'On AWS roles of IAM take the place of keys; docs/deploy.md says which');
  const root = resolve(dataDirectory(data));
  return { path: join(root, 'keys.json'), temporary: join(root, 'tmp') };
};

const failed = (path: string) => (error: NodeJS.ErrnoException) => {
  if (error instanceof KeyFileError) throw new Failure(1, error.message, { cause: error });
  if (error.code === 'ENOENT')
    throw new Failure(2, `There are no keys at ${path}; start the server once, or give --data`, {
      cause: error,
    });
  throw error;
};

const milliseconds = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const expiryOf = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (number === undefined)
    throw new Failure(2, `--expires is "${visible(text)}"; expected a time as 30m, 12h or 90d`);
  return new Date(Date.now() + Number(number) * milliseconds[unit as 'm' | 'h' | 'd']).toISOString();
};

const add = async (options: AddOptions): Promise<void> => {
  const { name, role, expires, stampRequest, json } = options;
  if (!isName(name))
    throw new Failure(2, `--name has 1 to ${maxNameCharacters} characters without control characters`);
  const { path, temporary } = fileOf(options);
  const until = expiryOf(expires);
  const token = newToken();
  const key: NamedKey = {
    id: newKeyId(),
    name,
    role,
    sha256: digestOf(token),
    ...(stampRequest ? {} : { stamp_request: false }),
    ...(until === undefined ? {} : { expires: until }),
  };
  await readKeyFile(path).catch(failed(path));
  await makeDirectory(temporary);
  await changeKeys(path, temporary, keys => [...keys, key]).catch(failed(path));
  if (json) return printJson({ ...shown(key), token });
  await print(
    `${paint('green', `Added the key ${key.id}`)} of "${visible(name)}" for the role ${role}${until === undefined ? '' : `, until ${showTime(until)} UTC`}. It is shown this once:`,
  );
  await print(token);
};

const shown = ({ id, name, role, stamp_request = true, expires }: NamedKey) => ({
  id,
  name,
  role,
  stamp_request,
  expires: expires ?? null,
});

const list = async (options: KeyOptions): Promise<void> => {
  const { path } = fileOf(options);
  const { named } = (await readKeyFile(path).catch(failed(path)))!;
  if (options.json) return printJson({ keys: named.map(shown) });
  if (named.length === 0)
    return print('There are no named keys; add one with "annals key add --name billing --role emitter"');
  return print(
    renderTable(
      named.map(key => ({
        id: key.id,
        name: key.name,
        role: key.role,
        'expires (UTC)': key.expires === undefined ? 'never' : showTime(key.expires),
      })),
    ),
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
  if (!revoked)
    throw new Failure(1, `There is no key of the id "${visible(id)}"; "annals key list" shows them`);
  if (options.json) return printJson({ ...shown(revoked), revoked: true });
  return print(paint('green', `Revoked the key ${revoked.id} of "${visible(revoked.name)}"`));
};
