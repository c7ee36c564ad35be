/** The view "Gaps". */
import { State } from '../states.tsx';
import { words } from '../words.ts';

export const Gaps = () => <State title={words.page.tabs.gaps} />;
