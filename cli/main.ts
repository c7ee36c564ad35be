/** The commands, their options and their help. Exit codes: 0 done, 1 refused, 2 misused, 3 could not tell. */
import { Command, Option } from 'commander';
import { grantAdmin, listAdmins, printToken, revokeAdmin } from './admin.ts';
import { downloadAgain, exportLog, printLink, retryExport, showExport } from './export.ts';
import { listExports } from './exports.ts';
import { exitCodeOf, printFailure } from './failure.ts';
import { dismissGap, listGaps, redriveGap } from './gaps.ts';
import {
  deleteSchedule,
  listRuns,
  listSchedules,
  pauseSchedule,
  runSchedule,
  setSchedule,
  showSchedule,
} from './schedule.ts';
import { send } from './send.ts';

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

command(
  'start',
  'Run the whole pipeline in this process, until it is told to stop.',
  'start --data /var/lib/annals --port 8787',
)
  .option('--data <directory>', 'the data directory; else ANNALS_DATA, else ./.annals')
  .option('--host <address>', 'the address to listen on; else ANNALS_HOST, else 127.0.0.1')
  .option('--port <number>', 'the port, 0 for any; else ANNALS_PORT, else 8787')
  .option('--public-url <url>', 'the URL by which others reach it, through a proxy; else ANNALS_PUBLIC_URL')
  .option(
    '--trust-proxy <proxies>',
    'proxies whose X-Forwarded-For counts, by addresses or ranges, or how many there are; else ANNALS_TRUST_PROXY, else none',
  )
  .option('--webhook <url>', 'who is told how the runs of schedules ended; else ANNALS_WEBHOOK')
  .option('--memory <size>', "DuckDB's memory limit, as in 512MiB; else ANNALS_MEMORY, else 1GiB")
  .option('--catalogue <name>', 'the folder or package of your own actions; else ANNALS_CATALOGUE')
  .option('--strict', 'refuse what is not catalogued; else ANNALS_CATALOGUE_MODE=strict')
  .action(async options => (await import('./start.ts')).start(options));

connected(
  command('send', 'Send newline-delimited events, from a file or from standard input.', 'send events.ndjson'),
)
  .argument('<file>', 'the file, or - for standard input')
  .action(send);

const exportCommand = connected(
  command(
    'export',
    'Export a log as CSV: ask, wait, download, check.',
    'export --scope acme --from 2026-11-01 --to 2026-11-22 --requested-by u-17 --reason "ticket 8841" --out acme.csv',
  ),
)
  .option('--scope <id>', 'whose log; without it the complete log, for the operator')
  .option('--from <time>', 'events that occurred at or after this time or date')
  .option('--to <time>', 'events that occurred before this time or date')
  .option('--requested-by <user>', 'the admin of the scope who asked for the log')
  .option('--reason <text>', 'why, or the ticket')
  .option('--action <action>', 'only this action, or all that begin so, as "context.*"')
  .option('--actor <id>', 'only what this actor did')
  .option('--target <id>', 'only what was done to this target')
  .addOption(
    new Option('--success <bool>', 'only what succeeded, or only what did not').choices(['true', 'false']),
  )
  .option('--gzip', 'the file gzipped')
  .option('--dry-run', 'only say what it would read and cost')
  .option('--out <file>', 'where the CSV goes, - for standard output; else a name of its own in this folder')
  .action(exportLog);

const exportId = ['<id>', 'the export, by its id'] as const;
connected(command('show', 'Show how an export stands.', 'export show 01a2…', exportCommand))
  .argument(...exportId)
  .action(showExport);
connected(
  command(
    'download',
    'Download the file of an export again, and check it.',
    'export download 01a2… --out acme.csv',
    exportCommand,
  ),
)
  .argument(...exportId)
  .option('--out <file>', 'where the file goes, - for standard output')
  .action(downloadAgain);
connected(
  command(
    'link',
    'Print a link to the file of an export, which opens for whoever has it, for five minutes at most.',
    'export link 01a2…',
    exportCommand,
  ),
)
  .argument(...exportId)
  .action(printLink);
connected(
  command(
    'retry',
    'Ask again for an export that failed, wait, download, check.',
    'export retry 01a2…',
    exportCommand,
  ),
)
  .argument(...exportId)
  .option('--out <file>', 'where the file goes, - for standard output')
  .action(retryExport);

connected(command('exports', 'List exports, the newest first.', 'exports --scope acme'))
  .option('--scope <id>', 'the exports of this scope only')
  .action(listExports);

const admin = command(
  'admin',
  "See and set who may read a scope's log.",
  'admin grant --scope acme --user u-17',
);
const scopeOption = ['--scope <id>', 'the scope'] as const;
const userOption = ['--user <id>', 'the user'] as const;
connected(command('grant', 'Make a user an admin of a scope.', 'admin grant --scope acme --user u-17', admin))
  .requiredOption(...scopeOption)
  .requiredOption(...userOption)
  .action(grantAdmin);
connected(command('revoke', 'Make a user no admin any more.', 'admin revoke --scope acme --user u-17', admin))
  .requiredOption(...scopeOption)
  .requiredOption(...userOption)
  .action(revokeAdmin);
connected(command('list', 'List the admins of a scope.', 'admin list --scope acme', admin))
  .requiredOption(...scopeOption)
  .action(listAdmins);
command(
  'token',
  "Print a customer's bearer token, signed with the key of the data directory.",
  'admin token --scope acme --user u-17 --expires 12h',
  admin,
)
  .requiredOption(...scopeOption)
  .requiredOption(...userOption)
  .option('--expires <time>', 'for how long it holds, as 30m, 12h or 7d', '12h')
  .option('--data <directory>', 'the data directory; else ANNALS_DATA, else ./.annals')
  .option('--json', 'print JSON for programs', false)
  .action(printToken);

const schedule = command(
  'schedule',
  'Exports that come by themselves.',
  'schedule set weekly --scope acme --every weekly --on monday --at 06:00 --time-zone Europe/Berlin --requested-by u-17 --reason "ticket 8841"',
);
const ofSchedule = (name: string, description: string, example: string): Command =>
  connected(command(name, description, `schedule ${example}`, schedule))
    .requiredOption(...scopeOption)
    .argument('<id>', 'the schedule, by the id that it was given');
ofSchedule(
  'set',
  'Set a schedule, or change it.',
  'set weekly --scope acme --every weekly --on monday --at 06:00 --time-zone Europe/Berlin --requested-by u-17 --reason "ticket 8841"',
)
  .addOption(
    new Option('--every <rhythm>', 'how often').choices(['daily', 'weekly', 'monthly']).makeOptionMandatory(),
  )
  .requiredOption('--at <time>', 'the time of day, as 06:00')
  .option('--on <day>', 'the weekday, or the day of the month')
  .option('--time-zone <name>', 'as Europe/Berlin', 'UTC')
  .option('--from <time>', 'where the first run begins; else the beginning')
  .option('--requested-by <user>', 'the admin whose schedule it is')
  .option('--reason <text>', 'why, or the ticket')
  .option('--gzip', 'the files gzipped')
  .option('--paused', 'set it without running it')
  .action(setSchedule);
connected(command('list', 'List the schedules of a scope.', 'schedule list --scope acme', schedule))
  .requiredOption(...scopeOption)
  .action(listSchedules);
ofSchedule('show', 'Show a schedule.', 'show weekly --scope acme').action(showSchedule);
ofSchedule(
  'pause',
  'Pause a schedule; its next run goes on where the last ended.',
  'pause weekly --scope acme',
).action(pauseSchedule(true));
ofSchedule('resume', 'Resume a schedule.', 'resume weekly --scope acme').action(pauseSchedule(false));
ofSchedule('delete', 'Delete a schedule; its id is not given again.', 'delete weekly --scope acme').action(
  deleteSchedule,
);
ofSchedule(
  'run',
  'Run a schedule now; the next run begins where this one ends.',
  'run weekly --scope acme',
).action(runSchedule);
ofSchedule('runs', 'List the runs of a schedule, the newest first.', 'runs weekly --scope acme').action(
  listRuns,
);

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

const catalogue = command(
  'catalogue',
  'The actions that are catalogued, and what is made from them.',
  'catalogue list --catalogue audit-events',
);

const ofCatalogue = (added: Command): Command =>
  added
    .option('--catalogue <name>', 'the folder or package of your own actions; else ANNALS_CATALOGUE')
    .option('--json', 'print JSON for programs', false);

ofCatalogue(
  command(
    'add',
    'Start the file of an action.',
    'catalogue add order.refund --target-type order --owner payments --catalogue audit-events',
    catalogue,
  ),
)
  .argument('<action>', 'the entity first and the action last, as in "order.refund"')
  .option('--target-type <type>', 'the type of its target; else the entity')
  .option('--owner <team>', 'the team that answers for it')
  .action(async (action, options) => (await import('./catalogue.ts')).addAction(action, options));

ofCatalogue(
  command(
    'build',
    'Make types, schemas and docs from the actions; refuses what would break events that are stored.',
    'catalogue build --catalogue audit-events --check',
    catalogue,
  ),
)
  .option('--check', 'write nothing; fail where something is not as the actions have it')
  .option('--docs <file>', 'where the reference for people goes; else generated/events.md')
  .action(async options => (await import('./catalogue.ts')).build(options));

ofCatalogue(command('list', 'List the actions.', 'catalogue list', catalogue)).action(async options =>
  (await import('./catalogue.ts')).listActions(options),
);

ofCatalogue(
  command(
    'current',
    'Print newline-delimited events with their current form beside what was stored.',
    'catalogue current events.ndjson --catalogue audit-events',
    catalogue,
  ),
)
  .argument('<file>', 'the file, or - for standard input')
  .action(async (file, options) => (await import('./catalogue.ts')).showCurrent(file, options));

command(
  'demo',
  'Run the main job once, from nothing to a CSV, in a temporary directory; fails where the CSV is not exactly right.',
  'demo --events events.ndjson --scope acme',
)
  .option('--events <file>', 'newline-delimited events of your own, instead of those of the demo')
  .option('--scope <id>', 'the scope to export; needed with --events')
  .option('--out <file>', 'where the CSV goes; else a temporary directory')
  .option('--json', 'print JSON for programs', false)
  .action(async options => (await import('./demo.ts')).demo(options));

try {
  await program.parseAsync();
} catch (error) {
  printFailure(error);
  process.exitCode = exitCodeOf(error);
}
