/** A field of one line, and what the fields of a new delivery are given. */
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import type { Draft } from './delivery-draft.ts';

export type FieldsProps = { draft: Draft; change: (part: Partial<Draft>) => void };

type TextFieldProps = { label: string; hint?: string; value: string; onChange: (value: string) => void };

export const TextField = ({ label, hint, value, onChange }: TextFieldProps) => (
  <FormField label={label} description={hint}>
    <Input value={value} autoComplete={false} onChange={({ detail }) => onChange(detail.value)} />
  </FormField>
);
