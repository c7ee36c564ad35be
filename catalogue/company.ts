/**
 * The company's own actions: none, until an installation names a catalogue of theirs. A stack that does is
 * bundled with that catalogue's `generated/actions.ts` in the place of this file, and with this file in the
 * place of a set that it does not choose.
 */
import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const actions: readonly ActionDefinition[] = [];
