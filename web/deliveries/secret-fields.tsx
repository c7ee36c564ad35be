/** The secret and the headers of an HTTPS receiver. They are hidden, but for a secret that the page has made. */
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { CopyButton } from '../value-actions.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import { type Header, makeSecret, maxHeaders } from './delivery-draft.ts';
import type { FieldsProps } from './text-field.tsx';

const { deliveryForm: texts } = laterWords;

type SecretProps = FieldsProps & { label?: string; hint?: string };

export const SecretField = ({
  draft: { secret },
  change,
  label = texts.secret,
  hint = texts.secretHint,
}: SecretProps) => {
  const [isMade, setMade] = useState(false);
  const isShown = isMade && secret !== '';
  return (
    <SpaceBetween size="xs">
      <FormField label={label} description={isShown ? texts.madeHint : hint}>
        <Input
          type={isShown ? 'text' : 'password'}
          autoComplete="new-password"
          value={secret}
          onChange={({ detail }) => {
            setMade(false);
            change({ secret: detail.value });
          }}
        />
      </FormField>
      <SpaceBetween size="xs" direction="horizontal">
        <Button
          onClick={() => {
            setMade(true);
            change({ secret: makeSecret() });
          }}
        >
          {texts.make}
        </Button>
        {isShown && <CopyButton text={secret} label={texts.copySecret} />}
      </SpaceBetween>
    </SpaceBetween>
  );
};

export const HeaderFields = ({ draft: { headers }, change }: FieldsProps) => {
  const set = (at: number, part: Partial<Header>): void =>
    change({ headers: headers.map((header, n) => (n === at ? { ...header, ...part } : header)) });
  return (
    <FormField label={texts.headers} description={texts.headersHint}>
      <SpaceBetween size="xs">
        {headers.map(({ name, value, isStored = false }, at) => (
          // A header has nothing but its place.
          <div key={at} className="header-field">
            <Input
              ariaLabel={say(texts.headerName, { n: at + 1 })}
              autoComplete={false}
              disabled={isStored}
              value={name}
              onChange={({ detail }) => set(at, { name: detail.value })}
            />
            <Input
              ariaLabel={say(texts.headerValue, { n: at + 1 })}
              type="password"
              autoComplete="new-password"
              placeholder={isStored ? texts.storedHeader : ''}
              value={value}
              onChange={({ detail }) => set(at, { value: detail.value })}
            />
            <Button
              iconName="close"
              variant="icon"
              ariaLabel={say(texts.removeHeader, { n: at + 1 })}
              onClick={() => change({ headers: headers.filter((_, n) => n !== at) })}
            />
          </div>
        ))}
        {headers.length < maxHeaders && (
          <Button onClick={() => change({ headers: [...headers, { name: '', value: '' }] })}>
            {texts.addHeader}
          </Button>
        )}
      </SpaceBetween>
    </FormField>
  );
};
