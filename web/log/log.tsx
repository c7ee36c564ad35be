/** The view "Log". */
import { State } from '../states.tsx';
import { words } from '../words.ts';

export const Log = () => <State title={words.page.tabs.log} />;
