/**
 * The box for a query: a combobox (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/) whose suggestions are
 * fields, actions of the catalogue with what they mean, and values that occur in the log.
 */
import { lazy, Suspense, useId, useRef, useState } from 'react';
import { words } from '../words.ts';
import type { Found } from './suggester.tsx';

type QueryBoxProps = {
  text: string;
  /** Then the element `query-fault` says what is wrong. */
  isFaulty: boolean;
  onChange: (text: string) => void;
  onCommit: (text: string) => void;
};

const Suggester = lazy(async () => ({ default: (await import('./suggester.tsx')).Suggester }));

const { query: said } = words;

export const QueryBox = ({ text, isFaulty, onChange, onCommit }: QueryBoxProps) => {
  const [caret, setCaret] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const [found, setFound] = useState<readonly Found[]>([]);
  const suggestions = isOpen ? found : [];
  const choose = ({ completed }: Found): void => {
    onChange(completed.text);
    setCaret(completed.caret);
    setAt(-1);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(completed.caret, completed.caret);
    });
  };
  const onKey = (event: React.KeyboardEvent): void => {
    const { key } = event;
    if ((key === 'ArrowDown' || key === 'ArrowUp') && suggestions.length > 0) {
      event.preventDefault();
      const step = key === 'ArrowDown' ? 1 : -1;
      setAt((at + step + suggestions.length + (at < 0 && step < 0 ? 1 : 0)) % suggestions.length);
    } else if (key === 'Enter') {
      event.preventDefault();
      const chosen = suggestions[at];
      if (chosen) choose(chosen);
      else {
        setOpen(false);
        onCommit(text);
      }
    } else if (key === 'Escape') setOpen(false);
    else if (key === 'ArrowDown') setOpen(true);
  };
  return (
    <search className="query-box">
      <Suspense>{isOpen && <Suggester text={text} caret={caret} onFound={setFound} />}</Suspense>
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label={said.label}
        aria-expanded={suggestions.length > 0}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 && suggestions[at] ? `${listId}-${at}` : undefined}
        aria-invalid={isFaulty}
        aria-describedby={isFaulty ? 'query-fault' : undefined}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder={said.placeholder}
        value={text}
        onChange={({ target }) => {
          onChange(target.value);
          setCaret(target.selectionStart ?? target.value.length);
          setOpen(true);
          setAt(-1);
        }}
        onSelect={({ currentTarget }) => setCaret(currentTarget.selectionStart ?? 0)}
        onClick={() => setOpen(true)}
        onKeyDown={onKey}
        onBlur={() => setOpen(false)}
      />
      <button type="button" className="action primary" onClick={() => onCommit(text)}>
        {said.search}
      </button>
      <ul
        id={listId}
        role="listbox"
        aria-label={said.suggestions}
        className="suggestions"
        hidden={suggestions.length === 0}
      >
        {suggestions.map((suggestion, n) => (
          <li
            key={suggestion.text}
            id={`${listId}-${n}`}
            role="option"
            aria-selected={n === at}
            tabIndex={-1}
            onMouseDown={event => event.preventDefault()}
            onClick={() => choose(suggestion)}
          >
            <bdi>{suggestion.text}</bdi>
            {suggestion.description && <small>{suggestion.description}</small>}
          </li>
        ))}
      </ul>
    </search>
  );
};
