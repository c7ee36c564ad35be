/** Creates a delivery. After the request, whatever came of it, the page holds nothing secret. */
import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import { useState } from 'react';
import { Confirm } from '../confirm.tsx';
import { usePage } from '../page-context.tsx';
import { pathId } from '../path-id.ts';
import { refuseKnown } from '../refuse-known.ts';
import { laterWords } from '../words/later-words.ts';
import { Beginning, useBeginning } from './beginning.tsx';
import { bodyOf, type Draft, emptyDraft, isComplete, wantsOwner, withoutSecrets } from './delivery-draft.ts';
import { DestinationFields } from './destination-fields.tsx';
import { FormatFields } from './format-fields.tsx';
import { orClearedSecrets } from './or-cleared-secrets.ts';
import { TextField } from './text-field.tsx';

const { deliveries, deliveryForm: texts } = laterWords;

type FormProps = { path: string; onCreated: (id: string) => Promise<void>; onClose: () => void };

export const DeliveryForm = ({ path, onCreated, onClose }: FormProps) => {
  const { api, session } = usePage();
  const { role } = session;
  const [id, setId] = useState('');
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const change = (part: Partial<Draft>): void => setDraft(before => ({ ...before, ...part }));
  // Only the operator delivers into a directory.
  const types: Draft['type'][] = role === 'operator' ? ['https', 's3', 'directory'] : ['https', 's3'];
  const isWhole = id !== '' && isComplete(draft, role);
  const beginning = useBeginning(isWhole ? `${path}/${pathId(id)}` : undefined, draft);
  const create = async (): Promise<void> => {
    const one = `${path}/${pathId(id)}`;
    await refuseKnown(api, one, texts.exists);
    try {
      const body = { ...bodyOf(draft, session), ...beginning.confirmation };
      await orClearedSecrets(draft, () => api.text('PUT', one, { body }));
    } finally {
      setDraft(withoutSecrets);
    }
    await onCreated(id);
  };
  return (
    <Confirm
      title={deliveries.create}
      verb={texts.save}
      isReady={isWhole && beginning.isReady}
      run={create}
      onClose={onClose}
    >
      <TextField label={texts.name} hint={texts.nameHint} value={id} onChange={setId} />
      <FormField label={texts.type}>
        <RadioGroup
          value={draft.type}
          onChange={({ detail }) => change({ type: detail.value as Draft['type'] })}
          items={types.map(value => ({ value, label: texts.types[value] }))}
        />
      </FormField>
      <DestinationFields draft={draft} change={change} />
      {wantsOwner(draft, role) && (
        <TextField
          label={texts.owner}
          hint={texts.ownerHint}
          value={draft.owner}
          onChange={owner => change({ owner })}
        />
      )}
      <FormatFields draft={draft} change={change} />
      <Beginning draft={draft} change={change} beginning={beginning} />
    </Confirm>
  );
};
