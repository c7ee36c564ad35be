/** The format of the events, and which of them are delivered. */
import FormField from '@cloudscape-design/components/form-field';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { laterWords } from '../words/later-words.ts';
import type { Draft } from './delivery-draft.ts';
import { type FieldsProps, TextField } from './text-field.tsx';

const { deliveryForm: texts } = laterWords;
type Format = Draft['format'];
const formats = Object.keys(texts.formats) as Format[];

export const FormatFields = ({ draft, change }: FieldsProps) => (
  <SpaceBetween size="m">
    <FormField label={texts.format}>
      <RadioGroup
        value={draft.format}
        onChange={({ detail }) => change({ format: detail.value as Format })}
        items={formats.map(value => ({ value, label: texts.formats[value] }))}
      />
    </FormField>
    <TextField
      label={texts.actions}
      hint={texts.actionsHint}
      value={draft.actions}
      onChange={actions => change({ actions })}
    />
  </SpaceBetween>
);
