/** Gathers the commands; each is declared, with its options, help and handler, by its file in `commands/`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { addAdmin } from '#cli/commands/admin.ts';
import { addBackup } from '#cli/commands/backup.ts';
import { addCatalogue } from '#cli/commands/catalogue.ts';
import { addCheck } from '#cli/commands/check.ts';
import { addDelivery } from '#cli/commands/delivery.ts';
import { addDemo } from '#cli/commands/demo.ts';
import { addEvents } from '#cli/commands/events.ts';
import { addExport } from '#cli/commands/export.ts';
import { addExports } from '#cli/commands/exports.ts';
import { addGaps } from '#cli/commands/gaps.ts';
import { addImport } from '#cli/commands/import.ts';
import { addKey } from '#cli/commands/key.ts';
import { addLoginLink } from '#cli/commands/login-link.ts';
import { addMove } from '#cli/commands/move.ts';
import { addNotices } from '#cli/commands/notices.ts';
import { addRebuild } from '#cli/commands/rebuild.ts';
import { addRefused } from '#cli/commands/refused.ts';
import { addRestore } from '#cli/commands/restore.ts';
import { addSchedule } from '#cli/commands/schedule.ts';
import { addSend } from '#cli/commands/send.ts';
import { addStart } from '#cli/commands/start.ts';
import { completeOptions } from './option-values.ts';
import { outputFailure, writeNow } from './output.ts';
import { standardError, standardOutput, visibleLines } from './terminal.ts';

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as {
  version: string;
};

export const program = new Command('annals')
  .description('A self-hosted audit log: send events, and export complete CSV files.')
  .version(version, '--version', 'print the version')
  .option('--stack <name>', 'the name of the stack on AWS; uses your own AWS credentials')
  .addHelpText('after', '\nExample:\n  $ annals --stack Annals exports --scope acme')
  .addHelpText('afterAll', '\nExit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 outcome unknown')
  .showHelpAfterError('(add --help for the options and an example)')
  .configureOutput({
    writeOut: text =>
      writeNow(standardOutput, text, error => {
        throw outputFailure(error);
      }),
    writeErr: text => writeNow(standardError, visibleLines(text), () => undefined),
  })
  .exitOverride(error => process.exit(error.exitCode === 0 ? 0 : 2))
  .hook('preAction', (_, action) => completeOptions(program, action));

const stages = [
  addStart,
  addSend,
  addImport,
  addEvents,
  addExport,
  addExports,
  addSchedule,
  addDelivery,
  addNotices,
];
const upkeep = [
  addAdmin,
  addLoginLink,
  addKey,
  addRefused,
  addGaps,
  addCheck,
  addRebuild,
  addMove,
  addBackup,
  addRestore,
  addCatalogue,
  addDemo,
];
for (const add of [...stages, ...upkeep]) add(program);
