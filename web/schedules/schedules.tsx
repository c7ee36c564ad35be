/** The view "Schedules". */
import { State } from '../states.tsx';
import { words } from '../words.ts';

export const Schedules = () => <State title={words.page.tabs.schedules} />;
