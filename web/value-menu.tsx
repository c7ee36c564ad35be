/** What can be done with a value: only this, not this, copy. It loads when somebody opens it. */
import { notThis, onlyThis } from './log/filters.ts';
import { usePage } from './page-context.tsx';
import type { QueryField } from './query-fields.ts';
import { CopyButton } from './value-actions.tsx';
import { say, words } from './words.ts';

type ValueMenuProps = { text: string; field: QueryField | undefined; onChosen: () => void };

export const ValueMenu = ({ text, field, onChosen }: ValueMenuProps) => {
  const { view, change } = usePage();
  const apply = (query: string): void => {
    onChosen();
    change({ query, tab: 'log' });
  };
  return (
    <span
      className="value-menu"
      role="group"
      aria-label={say(words.log.valueMenu, { value: text.slice(0, 80) })}
    >
      {field && (
        <>
          <button type="button" onClick={() => apply(onlyThis(view.query, field, text))}>
            {words.log.onlyThis}
          </button>
          <button type="button" onClick={() => apply(notThis(view.query, field, text))}>
            {words.log.notThis}
          </button>
        </>
      )}
      <CopyButton text={text} />
    </span>
  );
};
