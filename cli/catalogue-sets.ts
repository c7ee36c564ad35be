/** Which sets of example actions a command has. */
import { expectedSets, isChoiceOfSets } from '#catalogue/choice.ts';
import { Failure } from './failure.ts';

/** Undefined if nothing is said: then it depends on whether there is a catalogue (`chosenSets`). */
export const setsOf = (said: { value: string; name: string } | undefined): readonly string[] | undefined => {
  if (said === undefined) return undefined;
  const names = said.value.split(',').map(name => name.trim());
  if (isChoiceOfSets(names)) return names;
  throw new Failure(2, `${said.name} is "${said.value}". ${expectedSets}`);
};
