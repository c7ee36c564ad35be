/**
 * The company's own actions: empty, until an installation names its catalogue. A stack with one is bundled
 * with that catalogue's `generated/actions.ts` in the place of this file, and with this file in the place of
 * a set that it does not choose.
 */
import type { ActionDefinition } from '#domain/catalogue/action.ts';

export const actions: readonly ActionDefinition[] = [];
