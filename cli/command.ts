/** What all commands share: a description, help with an example, and the options that find a server. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { exportFormats } from '#domain/export/format.ts';

/** A command below another. An example may have several lines: those after the first continue it. */
export const command = (
  parent: Command,
  name: string,
  description: string,
  ...examples: readonly string[]
): Command => {
  const lines = examples.map(example => `  $ annals ${example.replaceAll('\n', ' \\\n      ')}`);
  return parent
    .command(name)
    .description(description)
    .addHelpText('after', ['\nExample:', ...lines].join('\n'));
};

export const dataOption = [
  '--data <directory>',
  'the data directory (default: ANNALS_DATA, or ./.annals)',
] as const;
export const jsonOption = ['--json', 'print JSON'] as const;
export const scopeOption = ['--scope <id>', 'the scope'] as const;
export const userOption = ['--user <id>', 'the user'] as const;
export const outOption = ['--out <file>', 'the file to write, or - for standard output'] as const;
export const reasonOption = ['--reason <text>', 'the reason, such as a ticket'] as const;
export const catalogueOption = [
  '--catalogue <name>',
  'the folder or package with your own actions (default: ANNALS_CATALOGUE)',
] as const;
export const setsOption = [
  '--with <sets>',
  'the example actions to include, such as circleci, or none' +
    ' (default: ANNALS_CATALOGUE_WITH; otherwise all without --catalogue, none with it)',
] as const;

export const formatOption = (): Option =>
  new Option(
    '--format <format>',
    'csv-excel for spreadsheets, ndjson for JSON readers (default: csv)',
  ).choices(exportFormats);

export const skipOption = (): Option =>
  new Option('--skip <number>', 'skip this many lines (or events of a JSON document)')
    .argParser(wholeNumber)
    .default(0);

const wholeNumber = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of lines');
  return Number(text);
};

/** Adds the options that find the server, and `--json`. */
export const connected = (added: Command): Command =>
  added
    .option('--url <url>', 'the URL of the server (default: ANNALS_URL, or the server of the data directory)')
    .option('--token <token>', 'the bearer token (default: ANNALS_TOKEN, or the key in the data directory)')
    .option(...dataOption)
    .option(...jsonOption);
