import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '#cli/program.ts';
import { annals, annalsProcess } from '#test/support/annals.ts';
import { startServer } from '#test/support/server.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

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

  it.each(commands)(
    'has help that fits 100 columns and says the exit codes for "annals %s"',
    (_, command) => {
      const lines = helpOf(command).split('\n');
      expect(lines.filter(line => line.length > 100)).toEqual([]);
      expect(lines).toContain('Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 outcome unknown');
    },
  );

  it('has a description for each option and argument', () => {
    for (const [name, command] of commands)
      for (const { description } of [...command.options, ...command.registeredArguments])
        expect(description, name).not.toBe('');
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await annals(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it.each([
    ['a refused export', ['export', '--scope', 'acme', '--requested-by', 'u'], 1, 'reason_required'],
    [
      'an empty window',
      [
        'export',
        '--scope',
        'a',
        '--requested-by',
        'u',
        '--reason',
        'r',
        '--from',
        '2026-01-01',
        '--to',
        '2026-01-01',
      ],
      1,
      'empty_window',
    ],
    ['an unknown option', ['export', '--bogus'], 2, 'unknown option'],
    ['an unknown command', ['bogus'], 2, 'unknown command'],
    ['no file', ['send'], 2, 'missing required argument'],
    ['a file that is not there', ['send', '/nowhere'], 2, 'cannot be read'],
    ['a token that nobody has', ['exports', '--token', 'x'], 1, 'unauthorized'],
    ['no server', ['exports', '--url', 'http://127.0.0.1:1'], 3, 'is the server running?'],
  ])('ends with its code for %s', async (_, args, code, message) => {
    const { data } = await startServer();
    expect(await annals([...args], '', { ANNALS_DATA: data })).toMatchObject({
      code,
      err: expect.stringContaining(message),
    });
  });

  it('says what to do if no server is running', async () => {
    const directory = await temporaryDirectory();
    expect(await annals(['exports', '--data', directory])).toMatchObject({
      code: 3,
      err: expect.stringContaining('start one with "npm start"'),
    });
    expect(existsSync(join(directory, 'lock'))).toBe(false);
  });

  it('prints its help with an example', async () => {
    for (const command of ['start', 'send', 'export', 'exports', 'demo'])
      expect(await annalsProcess([command, '--help'])).toMatchObject({
        code: 0,
        out: expect.stringContaining(`$ annals ${command}`),
      });
  });
});
