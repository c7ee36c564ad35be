/** Copies the rows that are chosen, or all that are shown. */
import { CopyButton } from '../value-actions.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import { csvOfRows } from './csv-rows.ts';
import type { Row } from './rows.ts';

const { copyRows: said } = laterWords.log;

export const CopyRows = ({ rows, keys }: { rows: readonly Row[]; keys: ReadonlySet<string> }) => {
  const chosen = rows.filter(({ key }) => keys.has(key));
  const copied = chosen.length === 0 ? rows : chosen;
  return (
    <p className="copy-rows">
      <CopyButton
        text={() => csvOfRows(copied)}
        label={say(chosen.length === 0 ? said.shown : said.chosen, { n: copied.length })}
      />{' '}
      <small>{said.explain}</small>
    </p>
  );
};
