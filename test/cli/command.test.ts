import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { command } from '#cli/command.ts';

describe('the help of a command', () => {
  it('ends with its examples, whose further lines a shell reads as one', () => {
    let text = '';
    const parent = new Command('annals').configureOutput({
      writeOut: written => {
        text += written;
      },
    });
    command(parent, 'x', 'Do it.', 'x --a\n--b', 'x --c').outputHelp();
    expect(text).toMatch(/\nExample:\n {2}\$ annals x --a \\\n {6}--b\n {2}\$ annals x --c\n$/);
  });
});
