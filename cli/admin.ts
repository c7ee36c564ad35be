/** `annals admin`: who may read a scope's log, and tokens for them where no issuer makes them. */
import { join } from 'node:path';
import { styleText } from 'node:util';
import { encodePathId } from '#domain/path-id.ts';
import { readTokenKey, signToken } from '#embedded/customer-tokens.ts';
import { tokenKeyName } from '#embedded/data-directory.ts';
import { type Connection, type ConnectionOptions, connect, dataDirectory, refusalOf } from './connection.ts';
import { Failure } from './failure.ts';
import { renderTable } from './table.ts';

export type AdminOptions = ConnectionOptions & { scope: string; user: string };
type Admin = { user_id: string; granted_at: string; granted_by: string };

const pathOf = (scope: string, user?: string): string =>
  `/v1/scopes/${encodePathId(scope)}/admins${user === undefined ? '' : `/${encodePathId(user)}`}`;

/** Makes a user an admin of a scope. */
export const grant = async (connection: Connection, scope: string, user: string): Promise<Admin> => {
  const response = await connection.fetch(pathOf(scope, user), { method: 'PUT' });
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as Admin;
};

export const grantAdmin = async ({ scope, user, ...options }: AdminOptions): Promise<void> => {
  const admin = await grant(await connect(options, 'operator'), scope, user);
  if (options.json) process.stdout.write(`${JSON.stringify(admin)}\n`);
  else
    process.stdout.write(
      `${styleText('green', `${user} is an admin of ${scope}`)}, granted at ${admin.granted_at.slice(0, 19)}\n`,
    );
};

export const revokeAdmin = async ({ scope, user, ...options }: AdminOptions): Promise<void> => {
  const response = await (await connect(options, 'operator')).fetch(pathOf(scope, user), {
    method: 'DELETE',
  });
  if (!response.ok) throw await refusalOf(response);
  if (options.json) process.stdout.write(`${JSON.stringify({ scope_id: scope, user_id: user })}\n`);
  else process.stdout.write(`${styleText('green', `${user} is no admin of ${scope}`)}\n`);
};

export const listAdmins = async ({ scope, ...options }: Omit<AdminOptions, 'user'>): Promise<void> => {
  const connection = await connect(options, 'operator');
  const admins: Admin[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const response = await connection.fetch(
      cursor === '' ? pathOf(scope) : `${pathOf(scope)}?${new URLSearchParams({ cursor })}`,
    );
    if (!response.ok) throw await refusalOf(response);
    const page = (await response.json()) as { admins: Admin[]; cursor: string | null };
    admins.push(...page.admins);
    cursor = page.cursor;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(admins)}\n`);
  else if (admins.length === 0)
    process.stdout.write(`${scope} has no admins; grant one with "annals admin grant"\n`);
  else
    process.stdout.write(
      `${renderTable(admins.map(({ user_id, granted_at, granted_by }) => ({ user: user_id, since: granted_at.slice(0, 19), by: granted_by })))}\n`,
    );
};

export type TokenOptions = {
  scope: string;
  user: string;
  expires: string;
  data?: string;
  stack?: string;
  json: boolean;
};

/** Signs a token with the key of the data directory; the server need not run. */
export const printToken = async ({
  scope,
  user,
  expires,
  data,
  stack,
  json,
}: TokenOptions): Promise<void> => {
  if (stack !== undefined)
    throw new Failure(2, 'Tokens for a stack are those of its issuer (annals:jwtIssuer)');
  if (!/^\d+(m|h|d)$/.test(expires))
    throw new Failure(2, `--expires is "${expires}"; expected a time as 30m, 12h or 7d`);
  const path = join(dataDirectory(data), tokenKeyName);
  const key = await readTokenKey(path).catch(error => {
    throw new Failure(2, `There is no key for tokens in ${path}; start the server once`, { cause: error });
  });
  const token = await signToken(key, scope, user, expires);
  process.stdout.write(json ? `${JSON.stringify({ token })}\n` : `${token}\n`);
};
