/**
 * What a login link opens: who it signs in, and a button. Only the button uses the link up: mail scanners and
 * previews follow links. Staff say whose log they open, and why.
 */
import { useEffect, useState } from 'react';
import { ApiProblem, type PageApi, type Problem } from '../api.ts';
import type { Session } from '../session.ts';
import { Action, Failed, Loading, State } from '../states.tsx';
import { Value } from '../value.tsx';
import { say, words } from '../words.ts';
import { bodyOfOpening, ScopeFields } from './scope-fields.tsx';

type SignInProps = {
  api: PageApi;
  login: string;
  onSignedIn: (session: Session) => void;
  onStay: () => void;
};
type Link = Pick<Session, 'role' | 'scope_id' | 'user_id'> & { expires_at: string; current: Session | null };

const { signIn: said, page } = words;
const send = (login: string, more: object = {}) => ({ body: { login, ...more } });

export const SignInView = ({ api, login, onSignedIn, onStay }: SignInProps) => {
  const [link, setLink] = useState<Link>();
  const [problem, setProblem] = useState<Problem>();
  const [isSending, setSending] = useState(false);
  const [opening, setOpening] = useState({ scope: '', reason: '' });
  const fail = (error: unknown): void => {
    if (!(error instanceof ApiProblem)) throw error;
    setSending(false);
    setProblem(error.problem);
  };
  const look = (): void => {
    setProblem(undefined);
    api.text('POST', 'v1/session/link', send(login)).then(text => setLink(JSON.parse(text) as Link), fail);
  };
  useEffect(look, [login]);
  if (problem?.code === 'invalid_login')
    return (
      <State {...said.invalid}>
        <Action onClick={onStay}>{page.close}</Action>
      </State>
    );
  if (problem) return <Failed problem={problem} onRetry={look} />;
  if (!link) return <Loading />;
  const isStaff = link.role !== 'admin';
  const { current } = link;
  const go = (event: React.FormEvent): void => {
    event.preventDefault();
    setSending(true);
    const more = isStaff ? bodyOfOpening(opening) : {};
    api
      .text('POST', 'v1/session', send(login, more))
      .then(text => onSignedIn(JSON.parse(text) as Session), fail);
  };
  return (
    <form className="state sign-in" onSubmit={go}>
      <h2>{said.title}</h2>
      <dl>
        <dt>{said.user}</dt>
        <dd>
          <Value text={link.user_id} isWhole /> ({page.roles[link.role]})
        </dd>
        {link.scope_id !== null && (
          <>
            <dt>{said.scope}</dt>
            <dd>
              <Value text={link.scope_id} isWhole />
            </dd>
          </>
        )}
      </dl>
      {isStaff && <ScopeFields opening={opening} onChange={setOpening} />}
      <p>{said.explain}</p>
      {current && (
        <p>
          {current.scope_id === null
            ? say(said.currentStaff, { user: current.user_id })
            : say(said.current, { user: current.user_id, scope: current.scope_id })}
        </p>
      )}
      <div className="actions">
        <button type="submit" className="action primary" disabled={isSending}>
          {isStaff ? said.goStaff : said.go}
        </button>
        {current && <Action onClick={onStay}>{say(said.stay, { user: current.user_id })}</Action>}
      </div>
    </form>
  );
};
