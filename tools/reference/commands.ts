/** The reference of the commands: the help of each, as a terminal shows it. */
import type { Command } from 'commander';
import { pageHead } from './markdown-table.ts';

/** As wide as a terminal of this many columns. */
const helpWidth = 100;

const helpOf = (command: Command): string => {
  let text = '';
  command.configureOutput({
    writeOut: written => {
      text += written;
    },
    getOutHelpWidth: () => helpWidth,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trim();
};

const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

const print = (command: Command): string =>
  [`## ${nameOf(command)}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`, ...command.commands.map(print)].join(
    '\n',
  );

export const printCommands = (program: Command): string =>
  `${pageHead(
    'The commands',
    'What `annals --help` and the help of each command say. [The README](../../README.md#settings) lists the ' +
      'variables of `annals start`, which its options stand above.',
  )}
${print(program)}`;
