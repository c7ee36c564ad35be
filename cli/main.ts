/** The commands, their options and their help. Exit codes: 0 done, 1 refused, 2 misused, 3 could not tell. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { demo } from './demo.ts';
import { exportLog } from './export.ts';
import { listExports } from './exports.ts';
import { exitCodeOf, printFailure } from './failure.ts';
import { dismissGap, listGaps, redriveGap } from './gaps.ts';
import { send } from './send.ts';
import { start } from './start.ts';

const program = new Command('annals')
  .description('The audit log that you run yourself: send events, export complete CSVs.')
  .option('--stack <name>', 'the installation on AWS that this stack is, with your own credentials')
  .addHelpText('after', '\nExample:\n  $ annals --stack Annals exports --scope acme')
  .showHelpAfterError('(add --help for the options and an example)')
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2));

const command = (name: string, description: string, example: string, parent: Command = program): Command =>
  parent.command(name).description(description).addHelpText('after', `\nExample:\n  $ annals ${example}`);

// Options are taken before and after the names of commands; each action finds those of its parents among its own.
program.hook('preAction', (_, action) => {
  for (let parent = action.parent; parent; parent = parent.parent)
    for (const [name, value] of Object.entries(parent.opts()))
      if (parent.getOptionValueSource(name) === 'cli') action.setOptionValueWithSource(name, value, 'cli');
});

const connected = (added: Command): Command =>
  added
    .addOption(new Option('--url <url>', 'the server; else ANNALS_URL, else that of the data directory'))
    .addOption(
      new Option('--token <token>', 'the bearer token; else ANNALS_TOKEN, else a key of the data directory'),
    )
    .option('--data <directory>', 'the data directory; else ANNALS_DATA, else ./.annals')
    .option('--json', 'print JSON for programs', false);

const port = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('Expected a port from 0 to 65535, 0 for any.');
  return value;
};

command(
  'start',
  'Run the whole pipeline in this process, until it is told to stop.',
  'start --data /var/lib/annals --port 8787',
)
  .option('--data <directory>', 'the data directory; else ANNALS_DATA, else ./.annals')
  .option('--host <address>', 'the address to listen on; else ANNALS_HOST, else 127.0.0.1')
  .option('--port <number>', 'the port, 0 for any; else ANNALS_PORT, else 8787', port)
  .option('--memory <size>', "DuckDB's memory limit, as in 512MiB; else ANNALS_MEMORY, else 1GiB")
  .action(start);

connected(
  command('send', 'Send newline-delimited events, from a file or from standard input.', 'send events.ndjson'),
)
  .argument('<file>', 'the file, or - for standard input')
  .action(send);

connected(
  command(
    'export',
    'Export a log as CSV: ask, wait, download, check.',
    'export --scope acme --from 2026-11-01 --to 2026-11-22 --requested-by u-17 --reason "ticket 8841" --out acme.csv',
  ),
)
  .option('--scope <id>', 'whose log; without it the complete log, for the operator')
  .option('--from <time>', 'events that occurred at or after this time or date')
  .option('--to <time>', 'events that occurred before this time or date')
  .option('--requested-by <user>', 'the user of the scope who asked for the log')
  .option('--reason <text>', 'why, or the ticket')
  .option('--out <file>', 'where the CSV goes, - for standard output; else a name of its own in this folder')
  .action(exportLog);

connected(command('exports', 'List exports, the newest first.', 'exports --scope acme'))
  .option('--scope <id>', 'the exports of this scope only')
  .action(listExports);

const gaps = connected(
  command('gaps', 'List what could not be filed and was put aside.', 'gaps', program),
).action(listGaps);

connected(
  command(
    'redrive',
    'Put what was put aside back on the stream, and wait until it is filed.',
    'gaps redrive quarantine/bucket=07/…',
    gaps,
  ),
)
  .argument('<gap>', 'the gap, by its id or by what "annals gaps" shows')
  .option('--reason <text>', 'why, or the ticket')
  .action(redriveGap);

connected(
  command(
    'dismiss',
    'Say of what was put aside that nothing of worth is missing.',
    'gaps dismiss quarantine/bucket=07/… --reason "a test of ours"',
    gaps,
  ),
)
  .argument('<gap>', 'the gap, by its id or by what "annals gaps" shows')
  .requiredOption('--reason <text>', 'why, or the ticket')
  .action(dismissGap);

command(
  'demo',
  'Run the main job once, from nothing to a CSV, in a temporary directory; fails where the CSV is not exactly right.',
  'demo --events events.ndjson --scope acme',
)
  .option('--events <file>', 'newline-delimited events of your own, instead of those of the demo')
  .option('--scope <id>', 'the scope to export; needed with --events')
  .option('--out <file>', 'where the CSV goes; else a temporary directory')
  .option('--json', 'print JSON for programs', false)
  .action(demo);

try {
  await program.parseAsync();
} catch (error) {
  printFailure(error);
  process.exitCode = exitCodeOf(error);
}
