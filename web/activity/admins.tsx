/** The view "Admins". */
import { State } from '../states.tsx';
import { words } from '../words.ts';

export const Admins = () => <State title={words.page.tabs.admins} />;
