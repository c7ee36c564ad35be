/** `annals catalogue`: adds, builds and lists actions. It works on files and needs no server. */
import type { Command } from 'commander';
import { catalogueOption, command, jsonOption, setsOption } from '#cli/command.ts';

export const addCatalogue = (program: Command): void => {
  const catalogue = command(
    program,
    'catalogue',
    'Manage the catalogue of actions, and generate types, schemas and docs from it.',
    'catalogue list --catalogue audit-events',
  );
  const added = (name: string, description: string, example: string): Command =>
    command(catalogue, name, description, `catalogue ${name} ${example}`)
      .option(...catalogueOption)
      .option(...jsonOption);
  added(
    'add',
    'Add an action to the catalogue: write the template of its file.',
    'order.refund --target-type order --owner payments\n--catalogue audit-events',
  )
    .argument('<action>', 'the entity first and the verb last, such as "order.refund"')
    .option('--target-type <type>', 'the type of its target (default: the entity)')
    .option('--owner <team>', 'the team that is responsible for it')
    .action(async (action, options) =>
      (await import('#cli/catalogue/add-action.ts')).addAction(action, options),
    );
  added(
    'build',
    'Generate types, schemas and docs from the actions. Refuses changes that break stored events.',
    '--catalogue audit-events --check',
  )
    .option(...setsOption)
    .option('--check', 'write nothing, and fail if generated files are out of date')
    .option(
      '--withdraw <version>',
      'remove a released version that was never sent, such as order.refund@1; repeatable',
      (version: string, before: string[] = []) => [...before, version],
    )
    .option('--docs <file>', 'the reference to write (default: generated/events.md)')
    .action(async options => (await import('#cli/catalogue/build-catalogue.ts')).build(options));
  added('list', 'List the actions.', '--catalogue audit-events')
    .option(...setsOption)
    .action(async options => (await import('#cli/catalogue/list-actions.ts')).listActions(options));
  added(
    'current',
    'Print the events of a file, with the current form of older versions beside them.',
    'events.ndjson --catalogue audit-events',
  )
    .argument('<file>', 'the file, or - for standard input')
    .option(...setsOption)
    .action(async (file, options) =>
      (await import('#cli/catalogue/print-current.ts')).printCurrent(file, options),
    );
};
