/** What `annals start` prints: where the server listens, and commands to try, ready to paste into a shell. */
import { paint } from '#cli/terminal.ts';
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import type { Installation } from '#embedded/installation.ts';
import { firstEvent } from './first-event.ts';

/** How a user runs `annals`: in a checkout as a script, and as an installed package by npx. */
export const commandIn = (folder: string): string =>
  folder.includes('node_modules') ? 'npx annals' : 'npm run annals --';

export const welcome = (
  { url, data, catalogue }: Pick<Installation, 'url' | 'data' | 'catalogue'>,
  publicUrl: string | undefined,
): string => {
  const reachedAt =
    publicUrl === undefined || publicUrl === url ? '' : `, and clients reach it at ${publicUrl}`;
  const annals = commandIn(import.meta.dirname);
  const here = `--data ${shellQuote(data.root)} --scope acme`;
  return `${paint('green', 'Annals listens on')} ${url}${reachedAt}
  data  ${data.root}
  keys  ${data.keys} (emitter, support, operator)

Send an event:
  ${curlLine(publicUrl ?? url, data.keys, catalogue)}

Make a user an admin of the scope, and export its log as CSV:
  ${annals} admin grant ${here} --user u-17
  ${annals} export ${here} --requested-by u-17 --reason "first look"`;
};

const shellQuote = (text: string): string =>
  /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** Works when pasted into a shell; the token stays in its file. */
const curlLine = (url: string, keys: string, catalogue: Catalogue): string => {
  const read = `JSON.parse(require("fs").readFileSync(process.argv[1])).emitter`;
  const token = `$(node -p '${read}' ${shellQuote(keys)})`;
  const event = JSON.stringify(firstEvent(catalogue));
  return [
    `curl -sS ${shellQuote(`${url}/v1/events`)}`,
    `-H "Authorization: Bearer ${token}"`,
    `-H 'Content-Type: application/json'`,
    `-d ${shellQuote(event)}`,
  ].join(' ');
};
