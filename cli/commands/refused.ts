/** `annals refused`: lists, shows, resends, dismisses and purges refused events that are kept. */
import { type Command, InvalidArgumentError } from 'commander';
import { command, connected, outOption, reasonOption } from '#cli/command.ts';
import { type ConnectionOptions, connect } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { collect } from '#cli/pages.ts';
import { print } from '#cli/print.ts';
import {
  keyGrammar,
  listOpen,
  type RefusedItem,
  resolveKey,
  resolveSender,
} from '#cli/refused/open-items.ts';
import { resendRefused } from '#cli/refused/resend-refused.ts';
import { showRefused } from '#cli/refused/show-refused.ts';
import { count, ellipsis, showTime } from '#cli/table.ts';
import { printActor } from '#domain/access/principal.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';

type ListOptions = ConnectionOptions & { scope?: string; sender?: string; code?: string };
type ShowOptions = ConnectionOptions & { out?: string };
type ResendOptions = ConnectionOptions & { mended?: string; all?: boolean; code?: string; reason?: string };
type DismissOptions = ConnectionOptions & { reason: string };
type PurgeOptions = ConnectionOptions & { sender?: string; before?: string; reason: string };

const keyArgument = 'the key of the item, its beginning, or as "annals refused list" shows it';
const senderOption = 'the sender, as "annals refused list" shows it, or its ARN';

export const addRefused = (program: Command): void => {
  const refused = command(
    program,
    'refused',
    'Manage refused events that are kept: show, resend, dismiss or purge them.',
    'refused list',
  );
  const added = (name: string, description: string, ...examples: readonly string[]): Command =>
    connected(command(refused, name, description, ...examples.map(rest => `refused ${name} ${rest}`)));
  added(
    'list',
    'List the open items: those that are neither resent nor dismissed.',
    '--scope acme --code missing_member',
  )
    .option('--scope <id>', 'only items of this scope, as far as it could be read')
    .option('--sender <sender>', senderOption)
    .option('--code <code>', 'only items that were refused with this code')
    .action(listRefused);
  added(
    'show',
    'Show an item with its content. The access is recorded in the log.',
    '3f0a91…be04d1 --out item.json',
  )
    .argument('<key>', keyArgument, parseKey)
    .option(...outOption)
    .action(show);
  added(
    'resend',
    'Resend an item, unchanged or corrected, or all items with a code.',
    '3f0a91…be04d1 --mended item.json',
    '--all --code unknown_action',
  )
    .argument('[key]', keyArgument, parseKey)
    .option('--mended <file>', 'the corrected content to send instead, or - for standard input')
    .option('--all', 'all items with the code that --code names')
    .option('--code <code>', 'the code of the items, with --all')
    .option(...reasonOption)
    .action(resend);
  added(
    'dismiss',
    'Dismiss an item: record that no data is missing. Its content is kept until it expires.',
    '3f0a91…be04d1 --reason "a test of ours"',
  )
    .argument('<key>', keyArgument, parseKey)
    .requiredOption(...reasonOption)
    .action(dismissRefused);
  added(
    'purge',
    'Delete the content of items: of one, of all of a sender, or of all before a time. Closes open items.',
    '--sender emitter --reason "ticket 8841"',
  )
    .argument('[key]', keyArgument, parseKey)
    .option('--sender <sender>', senderOption)
    .option('--before <time>', 'all items filed before this time, such as 2026-11-01T00:00:00Z')
    .requiredOption(...reasonOption)
    .action(purgeRefused);
};

const parseKey = (text: string): string => {
  if (!keyGrammar.test(text))
    throw new InvalidArgumentError('Expected 6 to 64 hexadecimal digits, as "annals refused list" shows');
  return text;
};

const listRefused = async (options: ListOptions): Promise<void> => {
  const { scope, sender, code } = options;
  const connection = await connect(options, 'operator');
  const parameters = {
    scope_id: scope,
    sender: sender && (await resolveSender(connection, sender)),
    code,
  };
  const items = await collect(listOpen(connection, parameters));
  return print(options, items, {
    table: items.map(rowOf),
    none: 'No refused items are open',
    whole: ['key', 'received (UTC)'],
  });
};

const shownDigits = 6;

const rowOf = ({ key, code, path, bytes, sender, received_at, filed_at, repeats, kept }: RefusedItem) => ({
  key: `${key.slice(0, shownDigits)}${ellipsis}${key.slice(-shownDigits)}`,
  code,
  path: path ?? '',
  bytes,
  kept: kept.replace('_', ' '),
  sender: printActor(sender),
  'received (UTC)': showTime(received_at ?? filed_at),
  repeats,
});

const show = async (key: string, options: ShowOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  await showRefused(connection, await resolveKey(connection, key), options);
};

const resend = async (key: string | undefined, options: ResendOptions): Promise<void> => {
  requireOneResend(key, options);
  const connection = await connect(options, 'operator');
  const which =
    key === undefined
      ? await collect(listOpen(connection, { code: options.code }))
      : await resolveKey(connection, key);
  await resendRefused(connection, which, options);
};

const requireOneResend = (key: string | undefined, { all, code, mended }: ResendOptions): void => {
  if ((key === undefined) === (all === undefined))
    throw new Failure(2, 'Name the key of an item, or use --all with --code');
  if ((all === undefined) !== (code === undefined)) throw new Failure(2, 'Use --all and --code together');
  if (all && mended !== undefined)
    throw new Failure(2, '--mended replaces the content of one item; name its key instead of --all');
};

const dismissRefused = async (key: string, options: DismissOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const path = `/v1/refused/${await resolveKey(connection, key)}/dismiss`;
  const item = await connection.json<RefusedItem>(path, {
    method: 'POST',
    body: { reason: options.reason },
  });
  return print(options, item, { done: 'Dismissed the item; your identity and the reason are recorded' });
};

const purgeRefused = async (key: string | undefined, options: PurgeOptions): Promise<void> => {
  const { sender, before, reason } = options;
  if ([key, sender, before].filter(one => one !== undefined).length !== 1)
    throw new Failure(2, 'Use exactly one of: the key of an item, --sender, --before');
  const connection = await connect(options, 'operator');
  const which =
    key === undefined
      ? { sender: sender && (await resolveSender(connection, sender)), before }
      : { key: await resolveKey(connection, key) };
  let purged = 0;
  let cursor: string | undefined;
  do {
    const body = { ...which, reason, cursor };
    const page = await connection.json<Api<'RefusedPurged'>>('/v1/refused/purge', {
      method: 'POST',
      body,
    });
    purged += page.purged;
    cursor = page.cursor ?? undefined;
  } while (cursor);
  return print(
    options,
    { purged },
    { done: `Purged ${count(purged, 'item')}; your identity and the reason are recorded` },
  );
};
