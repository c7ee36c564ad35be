/** What all commands have in common: a description, help with an example, and the options that find a server. */
import { type Command, Option } from 'commander';
import { exportFormats } from '#domain/export/format.ts';

export const command = (parent: Command, name: string, description: string, example: string): Command =>
  parent.command(name).description(description).addHelpText('after', `\nExample:\n  $ annals ${example}`);

export const dataOption = [
  '--data <directory>',
  'the data directory; else ANNALS_DATA, else ./.annals',
] as const;
export const jsonOption = ['--json', 'print JSON for programs', false] as const;
export const scopeOption = ['--scope <id>', 'the scope'] as const;
export const userOption = ['--user <id>', 'the user'] as const;
export const outOption = ['--out <file>', 'where the file goes, - for standard output'] as const;
export const reasonOption = ['--reason <text>', 'why, or the ticket'] as const;

export const formatOption = (): Option =>
  new Option('--format <format>', 'csv-excel for spreadsheets, ndjson for JSON readers; else csv').choices(
    exportFormats,
  );

export const connected = (added: Command): Command =>
  added
    .addOption(new Option('--url <url>', 'the server; else ANNALS_URL, else that of the data directory'))
    .addOption(
      new Option('--token <token>', 'the bearer token; else ANNALS_TOKEN, else a key of the data directory'),
    )
    .option(...dataOption)
    .option(...jsonOption);
