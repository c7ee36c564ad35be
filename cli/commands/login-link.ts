/**
 * `annals login-link`: a link that signs somebody in to the Audit Log page of an embedded installation,
 * once.
 */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { command, dataOption, jsonOption, scopeOption, userOption } from '#cli/command.ts';
import { dataDirectory } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { print } from '#cli/print.ts';
import { makeLoginLink, pageUrl } from '#cli/start/login-link.ts';
import { showTime } from '#cli/table.ts';
import { isName, maxNameCharacters } from '#domain/event/name.ts';
import type { Login } from '#embedded/access/login-links.ts';

type LinkOptions = {
  user: string;
  scope?: string;
  role?: 'support' | 'operator';
  publicUrl?: string;
  data?: string;
  stack?: string;
  json: boolean;
};

export const addLoginLink = (program: Command): void => {
  command(
    program,
    'login-link',
    'Print a link that signs a user in to the Audit Log page, once and within ten minutes.',
    'login-link --scope acme --user u-17',
    'login-link --role support --user ada',
  )
    .requiredOption(...userOption)
    .option(...scopeOption)
    .addOption(
      new Option(
        '--role <role>',
        'for your own staff, who then open a scope with a reason, instead of --scope',
      ).choices(['support', 'operator']),
    )
    .option(
      '--public-url <url>',
      'the URL of the proxy that browsers use (default: ANNALS_PUBLIC_URL, or that of the running server)',
    )
    .option(...dataOption)
    .option(...jsonOption)
    .action(printLink);
};

const printLink = async (options: LinkOptions): Promise<void> => {
  const { data, stack, json } = options;
  if (stack !== undefined)
    throw new Failure(2, 'On AWS people sign in at the issuer of the stack; leave out --stack');
  const login = loginOf(options);
  const root = resolve(dataDirectory(data));
  const url = await pageUrl(root, options.publicUrl);
  const { link, expiresAt } = await makeLoginLink(root, url, login);
  return print(
    { json },
    { url: link, expires_at: expiresAt },
    {
      done: `Works once, until ${showTime(expiresAt)} UTC (ten minutes):`,
      more: [link],
    },
  );
};

const loginOf = ({ user: userId, scope, role }: LinkOptions): Login => {
  for (const [name, id] of [
    ['--user', userId],
    ['--scope', scope ?? 'none'],
  ] as const)
    if (!isName(id))
      throw new Failure(
        2,
        `${name} must have 1 to ${maxNameCharacters} characters and no control characters`,
      );
  if (role === undefined) {
    if (scope !== undefined) return { role: 'admin', userId, scopeId: scope };
    throw new Failure(2, 'Give --scope for an admin of that scope, or --role for your own staff');
  }
  if (scope !== undefined)
    throw new Failure(
      2,
      `Leave out --scope: ${role} chooses the scope on the page, and gives a reason there`,
    );
  return { role, userId };
};
