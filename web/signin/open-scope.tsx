/** Staff open the log of another scope. The log says so, with the reason, before the page shows anything of it. */
import { useEffect, useRef, useState } from 'react';
import type { PageApi, Problem } from '../api.ts';
import type { Session } from '../session.ts';
import { Action } from '../states.tsx';
import { problemOf } from '../use-answer.tsx';
import { words } from '../words.ts';
import { bodyOfOpening, ScopeFields } from './scope-fields.tsx';

type OpenScopeProps = { api: PageApi; onOpened: (session: Session) => void; onClose: () => void };

const { signIn: said, page } = words;

export const OpenScope = ({ api, onOpened, onClose }: OpenScopeProps) => {
  const [opening, setOpening] = useState({ scope: '', reason: '' });
  const [problem, setProblem] = useState<Problem>();
  const [isSending, setSending] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('input')?.focus(), []);
  const open = async (): Promise<void> => {
    setSending(true);
    setProblem(undefined);
    try {
      const body = bodyOfOpening(opening);
      onOpened(await api.ask<'Session'>('POST', 'v1/session/scope', { body }));
    } catch (error) {
      setProblem(problemOf(error));
      setSending(false);
    }
  };
  return (
    <form
      ref={form}
      className="state sign-in"
      aria-label={said.another}
      onKeyDown={({ key }) => key === 'Escape' && onClose()}
      onSubmit={event => {
        event.preventDefault();
        void open();
      }}
    >
      <h2>{said.another}</h2>
      <ScopeFields opening={opening} onChange={setOpening} />
      {problem && (
        <p className="fault" role="alert">
          {problem.detail}
        </p>
      )}
      <div className="actions">
        <button type="submit" className="action primary" disabled={isSending}>
          {said.goStaff}
        </button>
        <Action onClick={onClose}>{page.cancel}</Action>
      </div>
    </form>
  );
};
