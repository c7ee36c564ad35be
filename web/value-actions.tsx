/** A value with what can be done with it: only this, not this, copy. */
import { type ReactNode, useRef, useState } from 'react';
import { notThis, onlyThis } from './log/filters.ts';
import { usePage } from './page-context.tsx';
import type { QueryField } from './query-fields.ts';
import { Value } from './value.tsx';
import { say, words } from './words.ts';

type ValueActionsProps = {
  text: string;
  /** Undefined: it can only be copied. */
  field?: QueryField | undefined;
  children?: ReactNode;
};

const copyText = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // The browser asked, and somebody said no.
    return false;
  }
};

type CopyButtonProps = {
  /** A function makes it only when it is copied. */
  text: string | (() => string);
  label?: string;
  onCopied?: () => void;
};

export const CopyButton = ({ text, label = words.page.copy, onCopied }: CopyButtonProps) => {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    setSaid(
      (await copyText(typeof text === 'string' ? text : text())) ? words.page.copied : words.page.notCopied,
    );
    onCopied?.();
    setTimeout(() => setSaid(''), 2000);
  };
  return (
    <button type="button" className="action" onClick={copy}>
      {said || label}
    </button>
  );
};

export const ValueActions = ({ text, field, children }: ValueActionsProps) => {
  const { view, change } = usePage();
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLSpanElement>(null);
  const apply = (query: string): void => {
    setOpen(false);
    change({ query, tab: 'log' });
  };
  return (
    <span
      ref={box}
      className="value-actions"
      onKeyDown={event => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        setOpen(false);
        box.current?.querySelector('button')?.focus();
      }}
      onBlur={({ relatedTarget }) => {
        if (!box.current?.contains(relatedTarget)) setOpen(false);
      }}
    >
      <button
        type="button"
        className="value-button"
        aria-expanded={isOpen}
        title={words.log.valueHint}
        onClick={() => setOpen(!isOpen)}
      >
        {children ?? <Value text={text} />}
      </button>
      {isOpen && (
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
      )}
    </span>
  );
};
