/** `annals admin`: who may read a scope's log, and tokens for them if no issuer makes them. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { command, connected, dataOption, jsonOption, scopeOption, userOption } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect, dataDirectory } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson } from '#cli/output.ts';
import { collect, listAll } from '#cli/pages.ts';
import { readJson, refusalOf } from '#cli/send/refusal.ts';
import { count, renderTable, showTime } from '#cli/table.ts';
import { paint, visible } from '#cli/terminal.ts';
import { encodePathId } from '#domain/http/path-id.ts';
import { readTokenKey, signToken } from '#embedded/access/customer-tokens.ts';
import { tokenKeyName } from '#embedded/data-directory.ts';
import { fetchSchedules } from './schedule.ts';

type ScopeOptions = ConnectionOptions & { scope: string };
type AdminOptions = ScopeOptions & { user: string };
type Admin = { user_id: string; granted_at: string; granted_by: string };

export const addAdmin = (program: Command): void => {
  const admin = command(
    program,
    'admin',
    "See and set who may read a scope's log.",
    'admin grant --scope acme --user u-17',
  );
  const ofAdmin = (name: string, description: string, example: string): Command =>
    command(admin, name, description, `admin ${example}`).requiredOption(...scopeOption);
  connected(ofAdmin('grant', 'Make a user an admin of a scope.', 'grant --scope acme --user u-17'))
    .requiredOption(...userOption)
    .action(grantAdmin);
  connected(
    ofAdmin(
      'revoke',
      "Revoke a user's admin rights; says which of their schedules pause.",
      'revoke --scope acme --user u-17',
    ),
  )
    .requiredOption(...userOption)
    .action(revokeAdmin);
  connected(ofAdmin('list', 'List the admins of a scope.', 'list --scope acme')).action(listAdmins);
  ofAdmin(
    'token',
    "Print a customer's bearer token, signed with the key of the data directory.",
    'token --scope acme --user u-17 --expires 12h',
  )
    .requiredOption(...userOption)
    .option('--expires <time>', 'for how long it holds, as 30m, 12h or 7d', '12h')
    .option(...dataOption)
    .option(...jsonOption)
    .action(printToken);
};

const pathOf = (scope: string, user?: string): string =>
  `/v1/scopes/${encodePathId(scope)}/admins${user === undefined ? '' : `/${encodePathId(user)}`}`;

/** Makes a user an admin of a scope. */
export const grant = async (connection: Connection, scope: string, user: string): Promise<Admin> =>
  readJson(await connection.fetch(pathOf(scope, user), { method: 'PUT' }));

const grantAdmin = async ({ scope, user, ...options }: AdminOptions): Promise<void> => {
  const admin = await grant(await connect(options, 'operator'), scope, user);
  if (options.json) return printJson(admin);
  const done = paint('green', `${visible(user)} is an admin of ${visible(scope)}`);
  return print(`${done}, granted at ${visible(showTime(admin.granted_at))} UTC`);
};

const fetchAdmins = (connection: Connection, scope: string): Promise<Admin[]> =>
  collect(listAll(connection, pathOf(scope), 'admins'));

/**
 * What is true before it is looked at first, since the answer to a revocation is the same each time. Nothing
 * of that may stand in the way of the revocation.
 */
const revokeAdmin = async ({ scope, user, ...options }: AdminOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const admins = await unlessRefused(fetchAdmins(connection, scope));
  const schedules = await unlessRefused(fetchSchedules(connection, scope));
  const response = await connection.fetch(pathOf(scope, user), { method: 'DELETE' });
  if (!response.ok) throw await refusalOf(response);
  const wasAdmin = admins?.some(({ user_id }) => user_id === user) ?? null;
  const pausing = schedules
    ?.filter(({ requested_by, paused }) => requested_by === user && !paused)
    .map(({ id }) => id);
  if (options.json)
    return printJson({
      scope_id: scope,
      user_id: user,
      revoked: wasAdmin,
      pausing_schedules: pausing ?? null,
    });
  const [who, what] = [visible(user), visible(scope)];
  await print(
    wasAdmin === false
      ? `${who} was not an admin of ${what}; nothing was revoked`
      : paint('green', `${who} is no longer an admin of ${what}`),
  );
  if (pausing === undefined)
    await print('Their schedules could not be looked at; "annals schedule list" shows them');
  else if (pausing.length > 0)
    await print(
      `${count(pausing.length, 'schedule')} of ${who} will pause instead of running: ${pausing.map(visible).join(', ')}`,
    );
};

/** What a look gives; undefined if the service refused it. */
const unlessRefused = <T>(look: Promise<T>): Promise<T | undefined> =>
  look.catch(error => {
    if (error instanceof Failure) return undefined;
    throw error;
  });

const listAdmins = async ({ scope, ...options }: ScopeOptions): Promise<void> => {
  const admins = await fetchAdmins(await connect(options, 'operator'), scope);
  if (options.json) return printJson(admins);
  if (admins.length === 0)
    return print(`${visible(scope)} has no admins; grant one with "annals admin grant"`);
  const rows = admins.map(({ user_id, granted_at, granted_by }) => ({
    user: user_id,
    'since (UTC)': showTime(granted_at),
    by: granted_by,
  }));
  return print(renderTable(rows));
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
    throw new Failure(2, 'Tokens for a stack are those of its issuer (annals:jwtIssuer)');
  if (!/^\d+(m|h|d)$/.test(expires))
    throw new Failure(2, `--expires is "${expires}"; expected a time as 30m, 12h or 7d`);
  const path = join(dataDirectory(data), tokenKeyName);
  const key = await readTokenKey(path).catch(error => {
    throw new Failure(2, `There is no key for tokens in ${path}; start the server once`, { cause: error });
  });
  const token = await signToken(key, scope, user, expires);
  return json ? printJson({ token }) : print(token);
};
