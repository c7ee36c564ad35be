/**
 * Events as a table. It is made by hand: the components' own table is larger than all that the log needs besides.
 */
import { usePage } from '../page-context.tsx';
import { say, words } from '../words.ts';
import { type ColumnContext, cells } from './columns.tsx';
import type { Row } from './rows.ts';
import type { Actions } from './use-catalogue.tsx';

/** The keys of the rows that are chosen. */
type Selection = { keys: ReadonlySet<string>; onChange(keys: ReadonlySet<string>): void };

type RowsTableProps = {
  label: string;
  rows: readonly Row[];
  catalogue: Actions | undefined;
  /** Undefined if rows cannot be chosen. */
  selection?: Selection | undefined;
} & Pick<ColumnContext, 'open' | 'openKey' | 'markOf'>;

export const RowsTable = ({ label, rows, catalogue, selection, ...context }: RowsTableProps) => {
  const { view, zone } = usePage();
  const shown = { ...context, zone, isCatalogued: (action: string) => !catalogue || catalogue.has(action) };
  const classes = ['rows', view.density, view.isWrapped && 'wrapped', view.columns.length > 7 && 'many'];
  return (
    <div className={classes.filter(Boolean).join(' ')}>
      <div className="rows-scroll">
        <table aria-label={label}>
          <thead>
            <tr>
              {selection && (
                <td className="column-choice">
                  <Choice of={words.log.chooseAll} keys={rows.map(({ key }) => key)} selection={selection} />
                </td>
              )}
              {view.columns.map(column => (
                <th key={column} scope="col" className={`column-${column}`}>
                  {words.log.columns[column]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(row => (
              <tr key={row.key} className={row.key === context.openKey ? 'open' : undefined}>
                {selection && (
                  <td className="column-choice">
                    <Choice
                      of={say(words.log.choose, { time: row.event.occurred_at })}
                      keys={[row.key]}
                      selection={selection}
                    />
                  </td>
                )}
                {view.columns.map(column => {
                  const Cell = column === 'time' ? 'th' : 'td';
                  return (
                    <Cell
                      key={column}
                      scope={column === 'time' ? 'row' : undefined}
                      className={`column-${column}`}
                    >
                      {cells[column](row, shown)}
                    </Cell>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
};

type ChoiceProps = { of: string; keys: readonly string[]; selection: Selection };

const Choice = ({ of, keys, selection }: ChoiceProps) => {
  const { keys: chosen, onChange } = selection;
  const others = [...chosen].filter(key => !keys.includes(key));
  return (
    <input
      type="checkbox"
      aria-label={of}
      checked={keys.every(key => chosen.has(key))}
      onChange={({ target }) => onChange(new Set(target.checked ? [...others, ...keys] : others))}
    />
  );
};
