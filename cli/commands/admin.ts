/** `annals admin`: grants, revokes and lists the users who may read a scope's log, and signs tokens for them. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { command, connected, dataOption, jsonOption, scopeOption, userOption } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect, dataDirectory } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { collect, listAll } from '#cli/pages.ts';
import { print } from '#cli/print.ts';
import { count, showTime } from '#cli/table.ts';
import { printActor } from '#domain/access/principal.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { readTokenKey, signToken } from '#embedded/access/customer-tokens.ts';
import { tokenKeyName } from '#embedded/access/token-key-name.ts';
import { fetchSchedules } from './schedule.ts';

type ScopeOptions = ConnectionOptions & { scope: string };
type AdminOptions = ScopeOptions & { user: string };
type Admin = Api<'Admins'>['admins'][number];

export const addAdmin = (program: Command): void => {
  const admin = command(
    program,
    'admin',
    'Manage the admins of a scope: the users who may read its log.',
    'admin grant --scope acme --user u-17',
  );
  const ofAdmin = (name: string, description: string, example: string): Command =>
    command(admin, name, description, `admin ${name} ${example}`).requiredOption(...scopeOption);
  connected(ofAdmin('grant', 'Make a user an admin of a scope.', '--scope acme --user u-17'))
    .requiredOption(...userOption)
    .action(grantAdmin);
  connected(
    ofAdmin(
      'revoke',
      "Revoke a user's admin rights. The user is no longer an admin, and their schedules pause.",
      '--scope acme --user u-17',
    ),
  )
    .requiredOption(...userOption)
    .action(revokeAdmin);
  connected(ofAdmin('list', 'List the admins of a scope.', '--scope acme')).action(listAdmins);
  ofAdmin(
    'token',
    "Print a customer's bearer token, signed with the key of the data directory.",
    '--scope acme --user u-17 --expires 12h',
  )
    .requiredOption(...userOption)
    .option('--expires <duration>', 'how long the token is valid, such as 30m, 12h or 7d', '12h')
    .option(...dataOption)
    .option(...jsonOption)
    .action(printToken);
};

const pathOf = (scope: string, user?: string): string =>
  `/v1/scopes/${encodePathId(scope)}/admins${user === undefined ? '' : `/${encodePathId(user)}`}`;

/** Makes a user an admin of a scope. */
export const grant = (connection: Connection, scope: string, user: string): Promise<Api<'Admin'>> =>
  connection.json(pathOf(scope, user), { method: 'PUT' });

const grantAdmin = async ({ scope, user, ...options }: AdminOptions): Promise<void> => {
  const admin = await grant(await connect(options, 'operator'), scope, user);
  return print(options, admin, {
    done: `${user} is an admin of ${scope}, granted at ${showTime(admin.granted_at)} UTC`,
  });
};

const fetchAdmins = (connection: Connection, scope: string): Promise<Admin[]> =>
  collect(listAll(connection, pathOf(scope), 'admins'));

/**
 * The response to a revocation is the same each time, so what it changes is looked up before. A look-up that fails
 * does not prevent the revocation.
 */
const revokeAdmin = async ({ scope, user, ...options }: AdminOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const admins = await unlessFailed(fetchAdmins(connection, scope));
  const schedules = await unlessFailed(fetchSchedules(connection, scope));
  await connection.json<void>(pathOf(scope, user), { method: 'DELETE' });
  const wasAdmin = admins?.some(({ user_id }) => user_id === user) ?? null;
  const pausing =
    schedules?.filter(({ requested_by, paused }) => requested_by === user && !paused).map(({ id }) => id) ??
    null;
  const revocation = { scope_id: scope, user_id: user, revoked: wasAdmin, pausing_schedules: pausing };
  return print(options, revocation, {
    done:
      wasAdmin === false
        ? `${user} was not an admin of ${scope}; nothing was revoked`
        : `${user} is no longer an admin of ${scope}`,
    more: pausesOf(user, pausing),
  });
};

const pausesOf = (user: string, pausing: readonly string[] | null): string[] => {
  if (pausing === null) return ['Their schedules could not be read; "annals schedule list" lists them'];
  if (pausing.length === 0) return [];
  return [
    `${count(pausing.length, 'schedule')} of ${user} will pause instead of running: ${pausing.join(', ')}`,
  ];
};

/** The outcome of a look-up; undefined if it failed. */
const unlessFailed = <T>(lookUp: Promise<T>): Promise<T | undefined> =>
  lookUp.catch(error => {
    if (error instanceof Failure) return undefined;
    throw error;
  });

const listAdmins = async ({ scope, ...options }: ScopeOptions): Promise<void> => {
  const admins = await fetchAdmins(await connect(options, 'operator'), scope);
  const rows = admins.map(({ user_id, granted_at, granted_by }) => ({
    user: user_id,
    'since (UTC)': showTime(granted_at),
    'granted by': printActor(granted_by),
  }));
  return print(options, admins, {
    table: rows,
    none: `The scope ${scope} has no admins; grant one with "annals admin grant"`,
  });
};

type TokenOptions = {
  scope: string;
  user: string;
  expires: string;
  data?: string;
  stack?: string;
  json: boolean;
};

/** Signs a token with the key of the data directory; the server need not run. */
const printToken = async ({ scope, user, expires, data, stack, json }: TokenOptions): Promise<void> => {
  if (stack !== undefined)
    throw new Failure(2, 'On AWS the issuer of the stack (annals:jwtIssuer) signs tokens; leave out --stack');
  if (!/^\d+(m|h|d)$/.test(expires))
    throw new Failure(2, `--expires is "${expires}"; expected a duration such as 30m, 12h or 7d`);
  const path = join(dataDirectory(data), tokenKeyName);
  const key = await readTokenKey(path).catch(error => {
    throw new Failure(2, `There is no key to sign tokens in ${path}; start the server once to create it`, {
      cause: error,
    });
  });
  const token = await signToken(key, scope, user, expires);
  return print({ json }, { token }, token);
};
