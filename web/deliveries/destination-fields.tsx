/** The fields of each kind of destination. */
import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { laterWords } from '../words/later-words.ts';
import type { Draft } from './delivery-draft.ts';
import { HeaderFields, SecretField } from './secret-fields.tsx';
import { type FieldsProps, TextField } from './text-field.tsx';

const { deliveryForm: texts } = laterWords;
type Preset = Draft['preset'];
const presets = Object.keys(texts.presets) as Preset[];

export const DestinationFields = ({ draft, change }: FieldsProps) => {
  if (draft.type === 'https') return <HttpsFields draft={draft} change={change} />;
  if (draft.type === 's3') return <S3Fields draft={draft} change={change} />;
  return (
    <TextField
      label={texts.path}
      hint={texts.pathHint}
      value={draft.path}
      onChange={path => change({ path })}
    />
  );
};

const HttpsFields = ({ draft, change }: FieldsProps) => (
  <SpaceBetween size="m">
    <FormField label={texts.preset}>
      <RadioGroup
        value={draft.preset}
        onChange={({ detail }) => change({ preset: detail.value as Preset })}
        items={presets.map(value => ({
          value,
          label: texts.presets[value],
          description: texts.presetHints[value],
        }))}
      />
    </FormField>
    <TextField label={texts.url} hint={texts.urlHint} value={draft.url} onChange={url => change({ url })} />
    <SecretField draft={draft} change={change} />
    <HeaderFields draft={draft} change={change} />
  </SpaceBetween>
);

const S3Fields = ({ draft, change }: FieldsProps) => (
  <SpaceBetween size="m">
    <TextField label={texts.bucket} value={draft.bucket} onChange={bucket => change({ bucket })} />
    <TextField
      label={texts.prefix}
      hint={texts.prefixHint}
      value={draft.prefix}
      onChange={prefix => change({ prefix })}
    />
    <TextField
      label={texts.region}
      hint={texts.regionHint}
      value={draft.region}
      onChange={region => change({ region })}
    />
    <TextField
      label={texts.role}
      hint={texts.roleHint}
      value={draft.role}
      onChange={role => change({ role })}
    />
    <p>{texts.externalId}</p>
  </SpaceBetween>
);
