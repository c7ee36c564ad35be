/** The view "Exports". */
import { State } from '../states.tsx';
import { words } from '../words.ts';

export const Exports = () => <State title={words.page.tabs.exports} />;
