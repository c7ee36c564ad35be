import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { printCommands } from '#tools/reference/commands.ts';

describe('the reference of commands', () => {
  it('has the help of each command, of those below it too', () => {
    const program = new Command('tool').description('A tool.');
    const admin = program.command('admin').description('Admins.');
    admin
      .command('grant')
      .description('Grant.')
      .option('--user <id>', 'the user')
      .addHelpText('after', '\nExample:\n  $ tool admin grant --user u-17');
    const text = printCommands(program);
    expect(text).toContain('\n## tool admin grant\n');
    expect(text).toMatch(/--user <id> +the user/);
    expect(text).toContain('$ tool admin grant --user u-17');
  });
});
