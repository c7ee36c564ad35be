/** What stands above a delivery: what came of the last step, and what has to be done about it. */
import Alert from '@cloudscape-design/components/alert';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { usePage } from '../page-context.tsx';
import { printTime } from '../time.ts';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import { type Delivery, describeFault } from './describe-delivery.ts';
import { RoleSetUp } from './role-set-up.tsx';

const { deliveries: texts } = laterWords;

export type Outcome = { type: 'success' | 'error'; text: string; cure?: string };

export const Notices = ({ one, outcome }: { one: Delivery; outcome: Outcome | undefined }) => (
  <SpaceBetween size="s">
    <div role="status">
      {outcome && (
        <Alert type={outcome.type} header={outcome.cure && outcome.text}>
          {outcome.cure ?? outcome.text}
        </Alert>
      )}
    </div>
    {one.health.tested_at === null && <Untested one={one} />}
    <Trouble one={one} />
  </SpaceBetween>
);

const Untested = ({ one }: { one: Delivery }) => {
  const { external_id } = one;
  if (external_id === null) return <Alert type="info">{texts.untestedOwn}</Alert>;
  return (
    <Alert type="info" header={texts.untested}>
      <RoleSetUp one={one} externalId={external_id} />
    </Alert>
  );
};

const Trouble = ({ one: { stopped, health } }: { one: Delivery }) => {
  const { zone } = usePage();
  if (stopped)
    return (
      <Alert
        type="error"
        header={say(texts.stoppedFor, { time: printTime(stopped.at, zone), meaning: describeFault(stopped) })}
      >
        {say(texts.whatToDo, { cure: stopped.cure })}
      </Alert>
    );
  const { failing } = health;
  if (!failing) return null;
  const { since, next_attempt_at, cure } = failing;
  return (
    <Alert
      type="warning"
      header={say(texts.failingSince, { time: printTime(since, zone), meaning: describeFault(failing) })}
    >
      {say(texts.retries, { cure, time: printTime(next_attempt_at, zone) })}
    </Alert>
  );
};
