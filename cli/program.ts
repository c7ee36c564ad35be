/** The commands: what all of them share, and those whose code is loaded only when they are run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { addAdmin } from '#cli/commands/admin.ts';
import { addExport } from '#cli/commands/export.ts';
import { addExports } from '#cli/commands/exports.ts';
import { addGaps } from '#cli/commands/gaps.ts';
import { addKey } from '#cli/commands/key.ts';
import { addNotices } from '#cli/commands/notices.ts';
import { addRefused } from '#cli/commands/refused.ts';
import { addSchedule } from '#cli/commands/schedule.ts';
import { addSend } from '#cli/commands/send.ts';
import { command, dataOption, jsonOption } from './command.ts';
import { Failure } from './failure.ts';
import { outputFailure, writeNow } from './output.ts';
import { standardError, standardOutput, visibleLines } from './terminal.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
  version: string;
};

export const program = new Command('annals')
  .description('The audit log that you run yourself: send events, export complete CSVs.')
  .version(version, '--version', 'print the version')
  .option('--stack <name>', 'the installation on AWS that this stack is, with your own credentials')
  .addHelpText('after', '\nExample:\n  $ annals --stack Annals exports --scope acme')
  .showHelpAfterError('(add --help for the options and an example)')
  .configureOutput({
    writeOut: text =>
      writeNow(standardOutput, text, error => {
        throw outputFailure(error);
      }),
    writeErr: text => writeNow(standardError, visibleLines(text), () => undefined),
  })
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2));

const withOption = [
  '--with <sets>',
  `the example actions to know, as circleci, or none; else ANNALS_CATALOGUE_WITH, else all without --catalogue, and none with it`,
] as const;

program.hook('preAction', (_, action) => {
  // Options are taken before and after the names of commands; each action finds those of its parents among its own.
  for (let parent = action.parent; parent; parent = parent.parent)
    for (const [name, value] of Object.entries(parent.opts()))
      if (parent.getOptionValueSource(name) === 'cli') action.setOptionValueWithSource(name, value, 'cli');
  for (const option of [...action.options, ...program.options])
    if (action.getOptionValue(option.attributeName()) === '')
      throw new Failure(2, `${option.long} is empty; give it a value, or leave it out`);
  action.registeredArguments.forEach((argument, at) => {
    if (action.processedArgs[at] === '') throw new Failure(2, `The argument <${argument.name()}> is empty`);
  });
});

command(
  program,
  'start',
  'Run the whole pipeline in this process, until it is told to stop.',
  'start --data /var/lib/annals --port 8787',
)
  .option(...dataOption)
  .option('--host <address>', 'the address to listen on; else ANNALS_HOST, else 127.0.0.1')
  .option('--port <number>', 'the port, 0 for any; else ANNALS_PORT, else 8787')
  .option('--public-url <url>', 'the URL by which others reach it, through a proxy; else ANNALS_PUBLIC_URL')
  .option(
    '--trust-proxy <proxies>',
    'proxies whose X-Forwarded-For counts, by addresses or ranges, or how many there are; else ANNALS_TRUST_PROXY, else none',
  )
  .option('--webhook <url>', 'the URL to notify when a scheduled export ends; else ANNALS_WEBHOOK')
  .addOption(
    new Option(
      '--webhook-events <which>',
      'of which ends: of scheduled exports, or of all; else ANNALS_WEBHOOK_EVENTS, else schedules',
    ).choices(['schedules', 'all']),
  )
  .option('--memory <size>', "DuckDB's memory limit, as in 512MiB; else ANNALS_MEMORY, else 1GiB")
  .option('--catalogue <name>', 'the folder or package of your own actions; else ANNALS_CATALOGUE')
  .option(...withOption)
  .option('--strict', 'refuse what is not catalogued or has no scope; else ANNALS_CATALOGUE_MODE=strict')
  .option('--strict-payloads', 'refuse payloads that contradict their schema, for tests and CI')
  .action(async options => (await import('#cli/commands/start.ts')).start(options));

command(
  program,
  'check',
  'Read the whole ledger and report objects that are damaged, misplaced or missing; it changes nothing.',
  'check --data /var/lib/annals',
)
  .option(...dataOption)
  .option(...jsonOption)
  .action(async options => (await import('#cli/commands/check.ts')).check(options));

addSend(program);
addExport(program);
addExports(program);
addAdmin(program);
addKey(program);
addSchedule(program);
addGaps(program);
addNotices(program);
addRefused(program);

const catalogue = command(
  program,
  'catalogue',
  'The actions that are catalogued, and what is made from them.',
  'catalogue list --catalogue audit-events',
);

const ofCatalogue = (added: Command): Command =>
  added
    .option('--catalogue <name>', 'the folder or package of your own actions; else ANNALS_CATALOGUE')
    .option(...jsonOption);
const withSets = (added: Command): Command => ofCatalogue(added).option(...withOption);

ofCatalogue(
  command(
    catalogue,
    'add',
    'Start the file of an action.',
    'catalogue add order.refund --target-type order --owner payments --catalogue audit-events',
  ),
)
  .argument('<action>', 'the entity first and the action last, as in "order.refund"')
  .option('--target-type <type>', 'the type of its target; else the entity')
  .option('--owner <team>', 'the team that answers for it')
  .action(async (action, options) => (await import('#cli/commands/catalogue.ts')).addAction(action, options));

withSets(
  command(
    catalogue,
    'build',
    'Make types, schemas and docs from the actions; refuses what would break events that are stored.',
    'catalogue build --catalogue audit-events --check',
  ),
)
  .option('--check', 'write nothing; fail where something is not as the actions have it')
  .option(
    '--withdraw <version>',
    'forget a released version, as order.refund@1, that no event was ever sent of; may be repeated',
    (version: string, before: string[] = []) => [...before, version],
  )
  .option('--docs <file>', 'where the reference for people goes; else generated/events.md')
  .action(async options => (await import('#cli/commands/catalogue.ts')).build(options));

withSets(command(catalogue, 'list', 'List the actions.', 'catalogue list')).action(async options =>
  (await import('#cli/commands/catalogue.ts')).listActions(options),
);

withSets(
  command(
    catalogue,
    'current',
    'Print newline-delimited events with their current form beside what was stored.',
    'catalogue current events.ndjson --catalogue audit-events',
  ),
)
  .argument('<file>', 'the file, or - for standard input')
  .action(async (file, options) => (await import('#cli/commands/catalogue.ts')).showCurrent(file, options));

command(
  program,
  'demo',
  'Run the main job once, from nothing to a CSV, in a temporary directory; fails where the CSV is not exactly right.',
  'demo --events events.ndjson --scope acme',
)
  .option('--events <file>', 'newline-delimited events of your own, instead of those of the demo')
  .option('--scope <id>', 'the scope to export; needed with --events')
  .option('--out <file>', 'where the CSV goes; else a temporary directory')
  .option(...jsonOption)
  .action(async options => (await import('#cli/commands/demo.ts')).demo(options));
