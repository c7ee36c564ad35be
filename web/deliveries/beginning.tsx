/**
 * Where a new delivery begins. If that is in the past, what there is to send is counted and shown; from further back
 * than a day it has to be confirmed, and another beginning has to be confirmed anew.
 */
import Box from '@cloudscape-design/components/box';
import Checkbox from '@cloudscape-design/components/checkbox';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useCallback, useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { printBytes } from '../exports/sizes.ts';
import { usePage } from '../page-context.tsx';
import { type Answered, useAnswer } from '../use-answer.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import { bodyOf, type Draft, isWholeTime, withoutSecrets } from './delivery-draft.ts';
import { type FieldsProps, TextField } from './text-field.tsx';

const { deliveryForm: texts } = laterWords;

/** `one` is the path of the delivery; undefined as long as something that it needs is missing. */
export const useBeginning = (one: string | undefined, draft: Draft) => {
  const { api, session } = usePage();
  const [confirmed, setConfirmed] = useState<string>();
  const from = draft.from.trim();
  const { owner } = draft;
  const isAsked = one !== undefined && isWholeTime(from);
  // Asked again only if the beginning, the name or the owner changes: nothing else decides about the answer.
  const question = useCallback(
    async (signal: AbortSignal) => {
      if (!isAsked) return undefined;
      const body = { ...bodyOf({ ...withoutSecrets(draft), headers: [] }, session), dry_run: true };
      return api.ask<'DeliveryEstimate'>('PUT', one, { body, signal });
    },
    [api, session, one, isAsked, from, owner],
  );
  const { answered } = useAnswer(question);
  const isConfirmed = confirmed === from;
  const estimate = answered.is === 'there' ? answered.answer : undefined;
  const isOpen = isAsked && (answered.is === 'loading' || (estimate?.needs_confirmation && !isConfirmed));
  return {
    isReady: !isOpen,
    /** What confirms it in the body of the creation. */
    confirmation: isConfirmed ? { confirmed_from: from } : {},
    answered: isAsked ? answered : undefined,
    isConfirmed,
    confirm: (isWanted: boolean) => setConfirmed(isWanted ? from : undefined),
  };
};

type BeginningProps = FieldsProps & { beginning: ReturnType<typeof useBeginning> };

export const Beginning = ({ draft, change, beginning }: BeginningProps) => (
  <SpaceBetween size="xs">
    <TextField
      label={texts.from}
      hint={texts.fromHint}
      value={draft.from}
      onChange={from => change({ from })}
    />
    {beginning.answered && <Backlog answered={beginning.answered} beginning={beginning} />}
  </SpaceBetween>
);

type Estimate = Api<'DeliveryEstimate'> | undefined;
type BacklogProps = { answered: Answered<Estimate>; beginning: BeginningProps['beginning'] };

/** Of no use if it is refused, which the creation itself then says. */
const Backlog = ({ answered, beginning }: BacklogProps) => {
  if (answered.is === 'loading') return <Box color="text-body-secondary">{texts.counting}</Box>;
  if (answered.is === 'failed' || !answered.answer) return null;
  const { rows, bytes, at_least, needs_confirmation } = answered.answer;
  const shown = say(at_least ? texts.beginsAtLeast : texts.begins, { n: rows, size: printBytes(bytes) });
  return needs_confirmation ? (
    <Checkbox checked={beginning.isConfirmed} onChange={({ detail }) => beginning.confirm(detail.checked)}>
      {shown}
    </Checkbox>
  ) : (
    <Box color="text-body-secondary">{shown}</Box>
  );
};
