/** Another tab has opened another scope with this session: which of the two shall be shown here. */
import { useState } from 'react';
import type { PageApi, Problem } from '../api.ts';
import type { Session } from '../session.ts';
import { Action, State } from '../states.tsx';
import { problemOf } from '../use-answer.tsx';
import { say, words } from '../words.ts';
import { bodyOfOpening } from './scope-fields.tsx';

const { elsewhere: said } = words.states;

type ElsewhereProps = {
  api: PageApi;
  /** As it was in this tab. */
  was: Session;
  now: Session;
  onOpened: (session: Session) => void;
  onOther: () => void;
};

export const Elsewhere = ({ api, was, now, onOpened, onOther }: ElsewhereProps) => {
  const [problem, setProblem] = useState<Problem>();
  const scopes = { here: was.scope_id ?? '', there: now.scope_id ?? '' };
  const openAgain = async (): Promise<void> => {
    setProblem(undefined);
    try {
      const body = bodyOfOpening({ scope: scopes.here, reason: was.reason ?? '' });
      onOpened(await api.ask<'Session'>('POST', 'v1/session/scope', { body }));
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <>
      <State title={say(said.title, scopes)} text={say(said.text, scopes)}>
        <Action onClick={() => void openAgain()}>{say(said.openAgain, scopes)}</Action>
        <Action onClick={onOther}>{say(said.showOther, scopes)}</Action>
      </State>
      {problem && (
        <p className="fault" role="alert">
          {problem.detail}
        </p>
      )}
    </>
  );
};
