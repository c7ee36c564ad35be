/** `annals refused`: what was refused and is kept, looking into it, sending it again, and ending it. */
import { type Command, InvalidArgumentError } from 'commander';
import { command, connected, outOption, reasonOption } from '#cli/command.ts';
import { type Connection, type ConnectionOptions, connect } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson, say } from '#cli/output.ts';
import { collect } from '#cli/pages.ts';
import type { RefusedItem } from '#cli/refused/refused-item.ts';
import { resendRefused } from '#cli/refused/resend-refused.ts';
import { showRefused } from '#cli/refused/show-refused.ts';
import { readJson } from '#cli/send/refusal.ts';
import { count, ellipsis, renderTable, showTime } from '#cli/table.ts';
import { paint } from '#cli/terminal.ts';

type ListOptions = ConnectionOptions & { scope?: string; sender?: string; code?: string };
type DismissOptions = ConnectionOptions & { reason: string };
type PurgeOptions = ConnectionOptions & { sender?: string; before?: string; reason: string };

type Page = { items: RefusedItem[]; unreadable: number; cursor: string | null };

const keyArgument = 'the item, by its key, its beginning, or what "annals refused list" shows';

export const addRefused = (program: Command): void => {
  const refused = command(
    program,
    'refused',
    'What was refused and is kept: look into it, send it again, end it.',
    'refused list',
  );
  const added = (name: string, description: string, example: string): Command =>
    connected(command(refused, name, description, `refused ${name} ${example}`.trimEnd()));
  added(
    'list',
    'List the items that are neither sent again nor dismissed.',
    '--scope acme --code missing_member',
  )
    .option('--scope <id>', 'those whose scope could be read and is this one')
    .option('--sender <sender>', 'those of this sender')
    .option('--code <code>', 'those that were refused with this code')
    .action(listRefused);
  added(
    'show',
    'Show an item with its bytes; that is recorded in the log as an access.',
    '3f0a91c2…77be04d1 --out item.json',
  )
    .argument('<key>', keyArgument, parseKey)
    .option(...outOption)
    .action(async (key, options) => {
      const connection = await connect(options, 'operator');
      await showRefused(connection, await resolveKey(connection, key), options);
    });
  added(
    'resend',
    'Send an item again, as it came or mended, or all that were refused with a code.',
    '3f0a91c2…77be04d1 --mended item.json\n  $ annals refused resend --all --code unknown_action',
  )
    .argument('[key]', keyArgument, parseKey)
    .option('--mended <file>', 'what to send in its place, - for standard input')
    .option('--all', 'all that --code names')
    .option('--code <code>', 'with --all: those that were refused with this code')
    .option(...reasonOption)
    .action(async (key, options) => {
      requireOneResend(key, options);
      const connection = await connect(options, 'operator');
      await resendRefused(
        connection,
        key === undefined
          ? await collect(listOpen(connection, { code: options.code }))
          : await resolveKey(connection, key),
        options,
      );
    });
  added(
    'dismiss',
    'Dismiss an item: record that nothing is missing. Its bytes stay until they expire.',
    '3f0a91c2…77be04d1 --reason "a test of ours"',
  )
    .argument('<key>', keyArgument, parseKey)
    .requiredOption(...reasonOption)
    .action(dismissRefused);
  added(
    'purge',
    'Delete the bytes of an item, or of all of a sender or before a time; those that are open end.',
    '--sender emitter --reason "ticket 8841"',
  )
    .argument('[key]', keyArgument, parseKey)
    .option('--sender <sender>', 'all items of this sender')
    .option('--before <time>', 'all items that were filed before, as 2026-11-01T00:00:00Z')
    .requiredOption(...reasonOption)
    .action(purgeRefused);
};

/** A whole key; its beginning; or its beginning and its end, as the table has it. */
const keyGrammar = new RegExp(`^[0-9a-f]{6,64}(?:${ellipsis}[0-9a-f]+)?$`);

const parseKey = (text: string): string => {
  if (!keyGrammar.test(text))
    throw new InvalidArgumentError('Expected 6 to 64 hexadecimal digits, as "annals refused list" shows');
  return text;
};

/** Says of each page how many items cannot be read: that a list is short must not pass for all there is. */
async function* listOpen(
  connection: Connection,
  parameters: Partial<Record<'scope_id' | 'sender' | 'code', string | undefined>>,
): AsyncGenerator<RefusedItem> {
  let cursor: string | null | undefined;
  do {
    const given = Object.entries({ ...parameters, cursor: cursor ?? undefined });
    const query = new URLSearchParams(
      given.filter((entry): entry is [string, string] => entry[1] !== undefined),
    );
    const page: Page = await readJson<Page>(await connection.fetch(`/v1/refused?${query}`));
    if (page.unreadable > 0)
      say(`${count(page.unreadable, 'item')} cannot be read; the operational log names their records`);
    yield* page.items;
    cursor = page.cursor;
  } while (cursor);
}

const resolveKey = async (connection: Connection, key: string): Promise<string> => {
  if (/^[0-9a-f]{64}$/.test(key)) return key;
  const [start = '', end = ''] = key.split(ellipsis);
  const keys: string[] = [];
  for await (const item of listOpen(connection, {}))
    if (item.key.startsWith(start) && item.key.endsWith(end)) keys.push(item.key);
  if (keys.length === 1) return keys[0]!;
  throw new Failure(
    2,
    `${keys.length === 0 ? 'No open item is' : 'Several open items are'} "${key}"; "annals refused list --json" has the keys whole`,
  );
};

const listRefused = async (options: ListOptions): Promise<void> => {
  const { scope, sender, code } = options;
  const connection = await connect(options, 'operator');
  const items = await collect(listOpen(connection, { scope_id: scope, sender, code }));
  if (options.json) return printJson(items);
  if (items.length === 0)
    return print('No refused items: none is kept that is neither sent again nor dismissed');
  return print(renderTable(items.map(rowOf), { whole: ['key', 'received (UTC)'] }));
};

const shownDigits = 6;

const rowOf = ({ key, code, path, bytes, sender, received_at, filed_at, repeats, kept }: RefusedItem) => ({
  key: `${key.slice(0, shownDigits)}${ellipsis}${key.slice(-shownDigits)}`,
  code,
  path: path ?? '',
  bytes: kept === 'whole' ? String(bytes) : `${bytes} (${kept.replace('_', ' ')})`,
  sender,
  'received (UTC)': showTime(received_at ?? filed_at),
  repeats,
});

const requireOneResend = (
  key: string | undefined,
  { all, code, mended }: { all?: boolean; code?: string; mended?: string },
): void => {
  if ((key === undefined) === (all === undefined))
    throw new Failure(2, 'Give either the key of an item, or --all with --code');
  if ((all === undefined) !== (code === undefined)) throw new Failure(2, '--all and --code go together');
  if (all && mended !== undefined)
    throw new Failure(2, '--mended stands in the place of one item; give its key instead of --all');
};

const dismissRefused = async (key: string, options: DismissOptions): Promise<void> => {
  const connection = await connect(options, 'operator');
  const path = `/v1/refused/${await resolveKey(connection, key)}/dismiss`;
  const item = await post<RefusedItem>(connection, path, { reason: options.reason });
  if (options.json) return printJson(item);
  return print(`${paint('green', 'Dismissed')}; who and why is recorded with the item`);
};

const purgeRefused = async (key: string | undefined, options: PurgeOptions): Promise<void> => {
  const { sender, before, reason } = options;
  if ([key, sender, before].filter(one => one !== undefined).length !== 1)
    throw new Failure(2, 'Give one of the key of an item, --sender and --before');
  const connection = await connect(options, 'operator');
  const which = key === undefined ? { sender, before } : { key: await resolveKey(connection, key) };
  let purged = 0;
  let cursor: string | null | undefined;
  do {
    const question = cursor ? { ...which, reason, cursor } : { ...which, reason };
    const answer = await post<{ purged: number; cursor: string | null }>(
      connection,
      '/v1/refused/purge',
      question,
    );
    purged += answer.purged;
    cursor = answer.cursor;
  } while (cursor);
  if (options.json) return printJson({ purged });
  return print(`${paint('green', count(purged, 'item'))} purged; who and why is recorded`);
};

const post = async <T>(connection: Connection, path: string, body: object): Promise<T> =>
  readJson(
    await connection.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  );
