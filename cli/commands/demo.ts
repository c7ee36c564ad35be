/** `annals demo`: sends events to a temporary installation, exports them and checks the CSV. */
import type { Command } from 'commander';
import { command, jsonOption } from '#cli/command.ts';
import { Failure } from '#cli/failure.ts';

type DemoOptions = { events?: string; scope?: string; out?: string; json: boolean };

export const addDemo = (program: Command): void => {
  command(
    program,
    'demo',
    'Start a temporary installation, send events to it, export them, and check the CSV.',
    'demo --events events.ndjson --scope acme',
  )
    .option('--events <file>', 'a file with your own events, instead of those of the demo')
    .option('--scope <id>', 'the scope to export; required with --events')
    .option('--out <file>', 'the CSV file to write (default: in a temporary directory)')
    .option(...jsonOption)
    .action(demo);
};

const demo = async (options: DemoOptions): Promise<void> => {
  if (options.events !== undefined && options.scope === undefined)
    throw new Failure(2, 'With --events, name the scope to export, such as --scope acme');
  // DuckDB and the SDK take longer to load than other commands run.
  const { runDemo } = await import('#cli/demo/run-demo.ts');
  await runDemo(options);
};
