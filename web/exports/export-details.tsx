/** One export: what was asked for, what the file holds, what may be missing, and who had to do with it. */
import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useCallback } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { usePage } from '../page-context.tsx';
import { pathId } from '../path-id.ts';
import { Failed, Loading } from '../states.tsx';
import { printTime } from '../time.ts';
import { useAnswer } from '../use-answer.tsx';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';
import { printNumber, say, words } from '../words.ts';
import { describeExport } from './describe.ts';
import { ExportActions } from './export-actions.tsx';
import { ExportStatus } from './export-status.tsx';
import { Manifest } from './manifest.tsx';
import { People } from './people.tsx';
import { isOpen, usePoll } from './use-exports.tsx';

const { exportDetails: texts, exports: exportTexts } = laterWords;

export const ExportDetails = ({ id }: { id: string }) => {
  const { api, zone, change } = usePage();
  const question = useCallback(
    (signal: AbortSignal) => api.ask<'Export'>('GET', `v1/exports/${pathId(id)}`, { signal }),
    [api, id],
  );
  const { answered, ask } = useAnswer(question);
  usePoll(answered.is === 'there' && isOpen(answered.answer), ask);
  if (answered.is === 'loading') return <Loading />;
  if (answered.is === 'failed') return <Failed problem={answered.problem} onRetry={() => void ask()} />;
  const one = answered.answer;
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <SpaceBetween size="xs" direction="horizontal">
              <ExportActions one={one} onChanged={ask} hasDetails={false} />
              <Button onClick={() => change({ item: undefined })}>{words.page.close}</Button>
            </SpaceBetween>
          }
        >
          {say(texts.title, { time: printTime(one.requested_at, zone) })}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {one.failure && (
          <Alert type="error" header={texts.failure}>
            {reasonOf(one.failure)}
          </Alert>
        )}
        {one.gaps !== undefined && one.gaps > 0 && (
          <Alert type="warning">{say(texts.someGaps, { n: one.gaps })}</Alert>
        )}
        {one.warnings?.map(({ code, message }) => (
          <Alert key={code} type="warning">
            {message}
          </Alert>
        ))}
        <Facts one={one} />
        {one.status === 'succeeded' && <Manifest id={one.id} />}
        <People id={one.id} key={`${one.id} ${one.status}`} />
      </SpaceBetween>
    </Container>
  );
};

const reasonOf = ({ reason, message }: { reason: string; message: string }): string =>
  Object.hasOwn(texts.reasons, reason) ? texts.reasons[reason as keyof typeof texts.reasons] : message;

const Facts = ({ one }: { one: Api<'Export'> }) => {
  const { zone } = usePage();
  const fact = (label: string, value: React.ReactNode) => (value === undefined ? [] : [{ label, value }]);
  const counted = (n: number | undefined) => (n === undefined ? undefined : printNumber(n));
  return (
    <KeyValuePairs
      columns={3}
      items={[
        ...fact(exportTexts.columns.status, <ExportStatus one={one} />),
        ...fact(exportTexts.columns.by, <Value text={one.requested_by ?? words.page.roles.operator} />),
        ...fact(texts.reason, one.reason === null ? undefined : <Value text={one.reason} />),
        ...fact(exportTexts.columns.what, <bdi>{describeExport(one, zone)}</bdi>),
        ...fact(texts.completeTo, one.complete_to && printTime(one.complete_to, zone, 9)),
        ...fact(exportTexts.columns.rows, counted(one.rows)),
        ...fact(texts.filtered, counted(one.filtered)),
        ...fact(texts.duplicates, counted(one.duplicates)),
        ...fact(texts.conflicts, counted(one.conflicts)),
        ...fact(texts.gaps, one.gaps === 0 ? texts.noGaps : counted(one.gaps)),
        ...fact(texts.sha256, one.sha256 && <Value text={one.sha256} isWhole />),
        ...fact(texts.id, <Value text={one.id} />),
      ]}
    />
  );
};
