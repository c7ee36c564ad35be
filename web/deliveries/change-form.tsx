/** Changes a delivery. After the request, whatever came of it, the page holds nothing secret. */
import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { Confirm } from '../confirm.tsx';
import { usePage } from '../page-context.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import {
  type ChangeDraft,
  changeBodyOf,
  draftOf,
  isChanged,
  type SecretStep,
  secretStepsFor,
  wantsSecret,
} from './delivery-change.ts';
import { wantsOwner, withoutSecrets } from './delivery-draft.ts';
import type { Delivery } from './describe-delivery.ts';
import { FormatFields } from './format-fields.tsx';
import { orClearedSecrets } from './or-cleared-secrets.ts';
import { HeaderFields, SecretField } from './secret-fields.tsx';
import { TextField } from './text-field.tsx';

const { deliveryForm: texts, deliveries } = laterWords;

type FormProps = {
  path: string;
  one: Delivery;
  onDone: (text: string) => Promise<void>;
  onClose: () => void;
};

export const ChangeForm = ({ path, one, onDone, onClose }: FormProps) => {
  const { api, session } = usePage();
  const [draft, setDraft] = useState<ChangeDraft>(() => draftOf(one));
  const change = (part: Partial<ChangeDraft>): void => setDraft(before => ({ ...before, ...part }));
  const save = async (): Promise<void> => {
    try {
      const body = changeBodyOf(draft, one, session);
      await orClearedSecrets(draft, () => api.text('PUT', path, { body }));
    } finally {
      setDraft(before => ({ ...before, ...withoutSecrets(before) }));
    }
    await onDone(say(texts.changed, { id: one.id }));
  };
  const isOthers = session.role === 'admin' && one.requested_by !== session.user_id;
  return (
    <Confirm
      title={say(deliveries.editOf, { id: one.id })}
      verb={texts.saveChange}
      isReady={isChanged(draft, one, session)}
      run={save}
      onClose={onClose}
    >
      {isOthers && <p>{texts.takeOver}</p>}
      {one.destination.type === 'https' && (
        <HttpsChange draft={draft} change={change} live={one.destination.live_secrets} />
      )}
      {wantsOwner(draft, session.role) && (
        <TextField
          label={texts.owner}
          hint={texts.ownerHint}
          value={draft.owner}
          onChange={owner => change({ owner })}
        />
      )}
      <FormatFields draft={draft} change={change} />
    </Confirm>
  );
};

type HttpsProps = {
  draft: ChangeDraft;
  change: (part: Partial<ChangeDraft>) => void;
  live: number | undefined;
};

const HttpsChange = ({ draft, change, live }: HttpsProps) => (
  <SpaceBetween size="m">
    <TextField
      label={texts.url}
      hint={texts.urlKeptHint}
      value={draft.url}
      onChange={url => change({ url })}
    />
    <FormField label={texts.secret} description={live === 2 ? texts.secretsTwo : undefined}>
      <RadioGroup
        value={draft.secretStep}
        onChange={({ detail }) => change({ secretStep: detail.value as SecretStep })}
        items={secretStepsFor(live).map(value => ({
          value,
          label: { ...texts.secretSteps, ...(live === 0 ? texts.firstSecretSteps : {}) }[value],
          description: live === 0 ? undefined : { keep: undefined, ...texts.secretStepHints }[value],
        }))}
      />
    </FormField>
    {wantsSecret(draft) && (
      <SecretField draft={draft} change={change} label={texts.newSecret} hint={texts.newSecretHint} />
    )}
    <HeaderFields draft={draft} change={change} />
  </SpaceBetween>
);
