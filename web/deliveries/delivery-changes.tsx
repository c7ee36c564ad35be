/** Pauses, resumes and deletes a delivery, and sends recorded runs again. */
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import { Confirm } from '../confirm.tsx';
import { usePage } from '../page-context.tsx';
import type { Session } from '../session.ts';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import type { Delivery } from './describe-delivery.ts';
import { TextField } from './text-field.tsx';

const { deliveries: texts } = laterWords;

export const verbs = {
  pause: { verb: texts.pause, title: texts.pauseOf },
  resume: { verb: texts.resume, title: texts.resumeOf },
  replay: { verb: texts.replay, title: texts.replayOf },
  remove: { verb: texts.remove, title: texts.removeOf },
} as const;
export type Change = keyof typeof verbs;

/** Support pauses, and changes nothing else. What has stopped is resumed though it is not paused. */
export const changesFor = ({ paused, state, health }: Delivery, role: Session['role']): Change[] => {
  const pauses: Change[] = paused ? [] : ['pause'];
  if (role === 'support') return pauses;
  return [
    ...pauses,
    ...(paused || state === 'stopped' ? (['resume'] as const) : []),
    ...(health.runs > 0 ? (['replay'] as const) : []),
    'remove',
  ];
};

type DialogProps = {
  change: Change;
  one: Delivery;
  path: string;
  /** With what there is to say of it. */
  onDone: (text?: string) => Promise<void>;
  onClose: () => void;
};

export const ChangeDialog = ({ change, one, path, onDone, onClose }: DialogProps) => {
  const { api, session } = usePage();
  const { runs } = one.health;
  const [reason, setReason] = useState(session.reason ?? '');
  const [first, setFirst] = useState(String(runs));
  const [last, setLast] = useState(String(runs));
  const given = reason === '' ? {} : { reason };
  const isReasonNeeded = session.role === 'support';
  const run = async (): Promise<void> => {
    if (change === 'remove') {
      await api.text('DELETE', path);
      return onDone();
    }
    const wanted = change === 'replay' ? { first_run: Number(first), last_run: Number(last) } : {};
    await api.text('POST', `${path}/${change}`, { body: { ...wanted, ...given } });
    await onDone(change === 'replay' ? say(texts.replayed, { first, last }) : undefined);
  };
  const explain = {
    pause: texts.pauseText,
    resume: texts.resumeText,
    replay: say(texts.replayText, { n: runs }),
    remove: texts.removeText,
  }[change];
  return (
    <Confirm
      title={say(verbs[change].title, { id: one.id })}
      verb={verbs[change].verb}
      isReady={!isReasonNeeded || reason !== ''}
      run={run}
      onClose={onClose}
    >
      <p>{explain}</p>
      {change === 'replay' && (
        <>
          <RunField label={texts.firstRun} value={first} onChange={setFirst} />
          <RunField label={texts.lastRun} value={last} onChange={setLast} />
        </>
      )}
      {change !== 'remove' && (
        <TextField
          label={texts.reason}
          hint={isReasonNeeded ? texts.reasonNeeded : texts.reasonOptional}
          value={reason}
          onChange={setReason}
        />
      )}
    </Confirm>
  );
};

type RunFieldProps = { label: string; value: string; onChange: (value: string) => void };

const RunField = ({ label, value, onChange }: RunFieldProps) => (
  <FormField label={label}>
    <Input type="number" value={value} onChange={({ detail }) => onChange(detail.value)} />
  </FormField>
);
