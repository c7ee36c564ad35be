/** The sets of example actions that a command includes. */
import { expectedSets, isChoiceOfSets } from '#catalogue/choice.ts';
import { Failure } from '#cli/failure.ts';

/** Undefined if none are named: then it depends on whether there is a catalogue (`chosenSets`). */
export const setsOf = (said: { value: string; name: string } | undefined): readonly string[] | undefined => {
  if (said === undefined) return undefined;
  const names = said.value.split(',').map(name => name.trim());
  if (isChoiceOfSets(names)) return names;
  throw new Failure(2, `${said.name} is "${said.value}". ${expectedSets}`);
};
