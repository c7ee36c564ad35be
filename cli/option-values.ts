/** Rules for the values of options and arguments that hold for all commands. */
import type { Command } from 'commander';
import { Failure } from './failure.ts';

/** Before a command runs: takes over what was given before its name, and refuses empty values. */
export const completeOptions = (program: Command, action: Command): void => {
  // Options are accepted before and after the names of commands; a command finds those of its parents among its own.
  for (let parent = action.parent; parent; parent = parent.parent)
    for (const [name, value] of Object.entries(parent.opts()))
      if (parent.getOptionValueSource(name) === 'cli') action.setOptionValueWithSource(name, value, 'cli');
  // Set here, since a default of the option would be part of the help.
  action.setOptionValue('json', action.getOptionValue('json') === true);
  for (const option of [...action.options, ...program.options])
    if (action.getOptionValue(option.attributeName()) === '')
      throw new Failure(2, `${option.long} is empty; give it a value, or leave it out`);
  action.registeredArguments.forEach((argument, at) => {
    if (action.processedArgs[at] === '') throw new Failure(2, `The argument <${argument.name()}> is empty`);
  });
};
