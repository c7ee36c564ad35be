/** How the log is shown: columns, order, density, wrapping, the zone of times; and whether single keys do something. */
import { useState } from 'react';
import { usePage } from '../page-context.tsx';
import { hasShortcuts, setShortcuts } from '../shortcuts.ts';
import { type Column, columns, type View } from '../view.ts';
import { laterWords } from '../words/later-words.ts';
import { words } from '../words.ts';

const { log } = laterWords;
const zones = ['local', 'UTC', ...Intl.supportedValuesOf('timeZone')];

type ChoiceProps<Name extends keyof View> = {
  label: string;
  name: Name;
  options: readonly (View[Name] & string)[];
  words: Readonly<Record<string, string>>;
};

const Choice = <Name extends 'order' | 'density' | 'zone'>({
  label,
  name,
  options,
  words: texts,
}: ChoiceProps<Name>) => {
  const { view, change } = usePage();
  return (
    <label>
      {label}{' '}
      <select
        value={view[name]}
        onChange={({ target }) => change({ [name]: target.value } as Partial<View>, 'replace')}
      >
        {options.map(option => (
          <option key={option} value={option}>
            {texts[option] ?? option}
          </option>
        ))}
      </select>
    </label>
  );
};

export const Appearance = () => {
  const { view, change } = usePage();
  const [isOn, setOn] = useState(() => hasShortcuts());
  const toggle = (column: Column): void => {
    const shown = columns.filter(name => (name === column) !== view.columns.includes(name));
    change({ columns: shown }, 'replace');
  };
  return (
    <fieldset className="appearance">
      <legend>{words.page.appearance}</legend>
      <div>
        {columns.map(column => (
          <label key={column}>
            <input
              type="checkbox"
              checked={view.columns.includes(column)}
              // Without its time, a row could not be opened.
              disabled={column === 'time'}
              onChange={() => toggle(column)}
            />{' '}
            {words.log.columns[column]}
          </label>
        ))}
      </div>
      <div>
        <label>
          <input
            type="checkbox"
            checked={view.isWrapped}
            onChange={() => change({ isWrapped: !view.isWrapped }, 'replace')}
          />{' '}
          {log.wrap}
        </label>
        <Choice
          label={log.density}
          name="density"
          options={['comfortable', 'compact']}
          words={log.densities}
        />
        <Choice label={log.order} name="order" options={['newest', 'oldest']} words={log.orders} />
        <Choice
          label={log.zone}
          name="zone"
          options={zones}
          words={{ local: words.page.local, UTC: words.page.utc }}
        />
        <label>
          <input
            type="checkbox"
            checked={isOn}
            onChange={() => {
              setShortcuts(!isOn);
              setOn(!isOn);
            }}
          />{' '}
          {log.shortcuts}
        </label>
      </div>
    </fieldset>
  );
};
