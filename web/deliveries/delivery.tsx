/** One delivery: what it does, its health, and what can be done with it. */
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useCallback, useState } from 'react';
import { usePage } from '../page-context.tsx';
import { Failed, Loading } from '../states.tsx';
import { useAnswer } from '../use-answer.tsx';
import { laterWords } from '../words/later-words.ts';
import { say, words } from '../words.ts';
import { ChangeForm } from './change-form.tsx';
import { mayEdit } from './delivery-change.ts';
import { type Change, ChangeDialog, changesFor, verbs } from './delivery-changes.tsx';
import { DeliveryFacts } from './delivery-facts.tsx';
import { Errors, Refused } from './delivery-health.tsx';
import { Notices, type Outcome } from './delivery-notices.tsx';
import { useDeliveryTest } from './use-delivery-test.tsx';

const { deliveries: texts } = laterWords;

type OneProps = { path: string; onChanged: () => Promise<void> };

export const OneDelivery = ({ path, onChanged }: OneProps) => {
  const { api, session, change: show } = usePage();
  const question = useCallback(
    (signal: AbortSignal) => api.ask<'Delivery'>('GET', path, { signal }),
    [api, path],
  );
  const { answered, ask } = useAnswer(question);
  const [asked, setAsked] = useState<Change>();
  const [isEditing, setEditing] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const askAgain = async (): Promise<void> => {
    await Promise.all([ask(), onChanged()]);
  };
  const { isTesting, test } = useDeliveryTest(path, async found => {
    setOutcome(found);
    await askAgain();
  });
  if (answered.is === 'failed') return <Failed problem={answered.problem} onRetry={() => void ask()} />;
  if (answered.is === 'loading') return <Loading />;
  const one = answered.answer;
  const { id } = one;
  const onEdited = async (text: string): Promise<void> => {
    setOutcome({ type: 'success', text });
    await askAgain();
  };
  const onDone = async (change: Change, text?: string): Promise<void> => {
    setOutcome(text === undefined ? undefined : { type: 'success', text });
    if (change === 'remove') show({ item: undefined });
    await (change === 'remove' ? onChanged() : askAgain());
  };
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <SpaceBetween size="xs" direction="horizontal">
                <Button loading={isTesting} ariaLabel={say(texts.testOf, { id })} onClick={() => void test()}>
                  {texts.test}
                </Button>
                {mayEdit(one, session.role) && (
                  <Button ariaLabel={say(texts.editOf, { id })} onClick={() => setEditing(true)}>
                    {texts.edit}
                  </Button>
                )}
                {changesFor(one, session.role).map(change => (
                  <Button
                    key={change}
                    ariaLabel={say(verbs[change].title, { id })}
                    onClick={() => setAsked(change)}
                  >
                    {verbs[change].verb}
                  </Button>
                ))}
                <Button onClick={() => void askAgain()}>{texts.refresh}</Button>
                <Button onClick={() => show({ item: undefined })}>{words.page.close}</Button>
              </SpaceBetween>
            }
          >
            {id}
          </Header>
        }
      >
        <SpaceBetween size="m">
          <Notices one={one} outcome={outcome} />
          <DeliveryFacts one={one} />
        </SpaceBetween>
      </Container>
      <Errors one={one} />
      {one.health.undelivered.count > 0 && <Refused one={one} />}
      {isEditing && <ChangeForm path={path} one={one} onDone={onEdited} onClose={() => setEditing(false)} />}
      {asked && (
        <ChangeDialog
          change={asked}
          one={one}
          path={path}
          onDone={text => onDone(asked, text)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </SpaceBetween>
  );
};
