/** Asks for an export: of exactly the view, as the log showed it, unless another choice is made. */
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import RadioGroup from '@cloudscape-design/components/radio-group';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMemo, useRef, useState } from 'react';
import type { Problem } from '../api.ts';
import { usePage } from '../page-context.tsx';
import { nameOfView, seenOf } from '../seen.ts';
import { printTime } from '../time.ts';
import { problemOf } from '../use-answer.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import { describeSelection } from './describe.ts';
import { Preview } from './preview.tsx';
import { selectionOf, wholeLog, windowOf } from './selection.ts';
import { useCount } from './use-count.tsx';

const { exports: texts } = laterWords;
type Format = keyof typeof texts.formats;
const formats = Object.keys(texts.formats) as Format[];

export const ExportForm = ({ onAsked }: { onAsked: () => Promise<void> }) => {
  const { api, scopeId, session, view, zone, change } = usePage();
  const { query, range } = view;
  const onScreen = useMemo(
    () => seenOf(api, nameOfView({ query, range }, scopeId)),
    [api, query, range, scopeId],
  );
  const ofView = useMemo(
    () => selectionOf({ query, range }, onScreen?.atMs ?? Date.now()),
    [query, range, onScreen],
  );
  const [what, setWhat] = useState<'view' | 'all'>('view');
  const [upTo, setUpTo] = useState<'frozen' | 'now'>('frozen');
  const [format, setFormat] = useState<Format>('csv');
  const [isGzip, setGzip] = useState(false);
  const [requestedBy, setRequestedBy] = useState('');
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const fault = what === 'view' && 'fault' in ofView ? ofView.fault : undefined;
  const selection = what === 'all' || 'fault' in ofView ? wholeLog : ofView;
  const seen = what === 'view' && upTo === 'frozen' ? onScreen : undefined;
  const { countOn, countAgain, ...counted } = useCount(fault === undefined ? selection : undefined, seen);
  const completeTo = counted.count?.completeTo ?? undefined;
  const frozenAt = what === 'view' && onScreen ? onScreen.completeTo : completeTo;
  const isStaff = session.role === 'support';
  const body = {
    scope_id: scopeId,
    ...windowOf(selection),
    ...(selection.filter ? { filter: selection.filter } : {}),
    ...(isStaff && requestedBy !== '' ? { requested_by: requestedBy } : {}),
    ...(session.reason === null ? {} : { reason: session.reason }),
    format,
    ...(isGzip ? { compression: 'gzip' } : {}),
  };
  const asked = { ...body, ...(upTo === 'frozen' ? { complete_to: frozenAt } : {}) };
  // A repeat of the same request is the same export, even if its first answer was lost.
  const key = useRef({ text: '', id: '' });
  const ask = async (): Promise<void> => {
    const text = JSON.stringify(asked);
    if (key.current.text !== text) key.current = { text, id: crypto.randomUUID() };
    setAsking(true);
    setProblem(undefined);
    try {
      const headers = { 'idempotency-key': key.current.id };
      const { id } = await api.ask<'Export'>('POST', 'v1/exports', { body: asked, headers });
      key.current = { text: '', id: '' };
      await onAsked();
      change({ item: id });
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setAsking(false);
    }
  };
  const isReady =
    fault === undefined && (upTo === 'now' || frozenAt !== undefined) && (!isStaff || requestedBy !== '');
  return (
    <Container header={<Header variant="h2">{texts.title}</Header>}>
      <SpaceBetween size="m">
        <FormField label={texts.what} errorText={fault && say(texts.faultyQuery, { message: fault })}>
          <RadioGroup
            value={what}
            onChange={({ detail }) => setWhat(detail.value as typeof what)}
            items={[
              { value: 'view', label: texts.view, description: describeSelection(ofView, view.query, zone) },
              { value: 'all', label: texts.all },
            ]}
          />
        </FormField>
        {fault === undefined && (
          <Preview
            counted={counted}
            onCountOn={countOn}
            onCountAgain={countAgain}
            // For staff an estimate is asked in a customer's name, and the log records who is refused.
            body={isStaff ? undefined : body}
          />
        )}
        <FormField label={texts.upTo}>
          <RadioGroup
            value={upTo}
            onChange={({ detail }) => setUpTo(detail.value as typeof upTo)}
            items={[
              {
                value: 'frozen',
                label: say(what === 'view' && onScreen ? texts.asShown : texts.asCounted, {
                  time: frozenAt === undefined ? '…' : printTime(frozenAt, zone, 3),
                }),
              },
              { value: 'now', label: texts.now },
            ]}
          />
        </FormField>
        <FormField label={texts.format}>
          <RadioGroup
            value={format}
            onChange={({ detail }) => setFormat(detail.value as Format)}
            items={formats.map(value => ({ value, label: texts.formats[value] }))}
          />
        </FormField>
        <Checkbox checked={isGzip} onChange={({ detail }) => setGzip(detail.checked)}>
          {texts.gzip}
        </Checkbox>
        {isStaff && (
          <FormField label={texts.requestedBy} description={texts.requestedByHint}>
            <Input value={requestedBy} onChange={({ detail }) => setRequestedBy(detail.value)} />
          </FormField>
        )}
        {problem && <Alert type="error">{refusalOf(problem)}</Alert>}
        <Button variant="primary" loading={isAsking} disabled={!isReady} onClick={() => void ask()}>
          {texts.go}
        </Button>
      </SpaceBetween>
    </Container>
  );
};

/** Why an export was refused, in words. */
export const refusalOf = ({ code, detail }: Problem): string =>
  Object.hasOwn(texts.refused, code)
    ? texts.refused[code as keyof typeof texts.refused]
    : say(texts.refusedOther, { detail });
