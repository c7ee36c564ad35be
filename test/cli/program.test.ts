import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '#cli/program.ts';
import { annals } from '#test/support/annals.ts';

const root = join(import.meta.dirname, '..', '..');

/** Every command with those below it, by what a person types. */
const commandsOf = (command: Command, path: readonly string[] = []): [string, Command][] =>
  command.commands.flatMap(child => {
    const name = [...path, child.name()];
    return [[name.join(' '), child] as [string, Command], ...commandsOf(child, name)];
  });
const commands = commandsOf(program);

const helpOf = (command: Command): string => {
  let text = '';
  command.configureOutput({
    writeOut: written => {
      text += written;
    },
  });
  command.outputHelp();
  return text;
};

describe('the command line', () => {
  it.each(commands)('has help with an example of itself for "annals %s"', (name, command) => {
    expect(helpOf(command)).toContain(`Example:\n  $ annals ${name}`);
    expect(command.description()).toMatch(/^[A-Z].*\.$/);
  });

  it('has a description for each option and argument', () => {
    for (const [name, command] of commands)
      for (const { description } of [...command.options, ...command.registeredArguments])
        expect(description, name).not.toBe('');
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await annals(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('is misused with a value that is empty, which is not the same as none', async () => {
    expect(await annals(['exports', '--scope', ''])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--scope is empty'),
    });
    expect(await annals(['export', 'show', ''])).toMatchObject({
      code: 2,
      err: expect.stringContaining('<id> is empty'),
    });
  });
});
