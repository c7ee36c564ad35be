/** The view "Gaps", for the operator: what could not be filed, and what to do about it. */
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { Confirm } from '../confirm.tsx';
import { DataTable } from '../data-table.tsx';
import { usePage } from '../page-context.tsx';
import { printTime } from '../time.ts';
import { usePages } from '../use-pages.tsx';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';

const { gaps: texts } = laterWords.activity;
type Gap = Api<'Gaps'>['gaps'][number];
const gapsOf = ({ gaps }: Api<'Gaps'>) => gaps;
type Change = { kind: 'redrive' | 'dismiss'; gap: Gap };

export const Gaps = () => {
  const { api, zone } = usePage();
  const { answered, ask, showMore } = usePages<'Gaps', Gap>('v1/gaps', gapsOf);
  const [change, setChange] = useState<Change>();
  const [reason, setReason] = useState('');
  const close = (): void => {
    setChange(undefined);
    setReason('');
  };
  const run =
    ({ kind, gap }: Change) =>
    async (): Promise<void> => {
      const body = reason === '' ? {} : { reason };
      await api.text('POST', `v1/gaps/${gap.id}/${kind}`, { body });
      await ask();
    };
  const time = (gap: Gap): string => printTime(gap.filed_at, zone);
  return (
    <>
      <DataTable
        title={texts.title}
        explain={texts.explain}
        answered={answered}
        onRetry={() => void ask()}
        onMore={{ text: texts.more, show: showMore }}
        empty={{ title: texts.none, text: texts.noneText }}
        trackBy={({ id }) => id}
        columns={[
          {
            id: 'kind',
            header: texts.columns.kind,
            isRowHeader: true,
            minWidth: 220,
            cell: gap => <Kind gap={gap} />,
          },
          { id: 'when', header: texts.columns.when, cell: time },
          {
            id: 'records',
            header: texts.columns.records,
            cell: ({ kind, records }) => (kind === 'lost' ? texts.unknown : records),
          },
          {
            id: 'state',
            header: texts.columns.state,
            minWidth: 200,
            cell: ({ redriven_at }) =>
              redriven_at === null ? (
                <StatusIndicator type="warning">{texts.open}</StatusIndicator>
              ) : (
                <StatusIndicator type="in-progress">
                  {say(texts.redriven, { time: printTime(redriven_at, zone) })}
                </StatusIndicator>
              ),
          },
          {
            id: 'actions',
            header: texts.columns.actions,
            cell: gap => (
              <SpaceBetween size="xs" direction="horizontal">
                {gap.kind !== 'lost' && gap.redriven_at === null && (
                  <Button
                    ariaLabel={say(texts.redriveOf, { time: time(gap) })}
                    onClick={() => setChange({ kind: 'redrive', gap })}
                  >
                    {texts.redrive}
                  </Button>
                )}
                <Button
                  ariaLabel={say(texts.dismissOf, { time: time(gap) })}
                  onClick={() => setChange({ kind: 'dismiss', gap })}
                >
                  {texts.dismiss}
                </Button>
              </SpaceBetween>
            ),
          },
        ]}
      />
      {change && (
        <Confirm
          title={say(change.kind === 'redrive' ? texts.redriveOf : texts.dismissOf, {
            time: time(change.gap),
          })}
          verb={texts[change.kind]}
          isReady={change.kind === 'redrive' || reason !== ''}
          run={run(change)}
          onClose={close}
        >
          <p>{change.kind === 'redrive' ? texts.redriveText : texts.dismissText}</p>
          {change.kind === 'dismiss' && (
            <FormField label={texts.reason}>
              <Input value={reason} onChange={({ detail }) => setReason(detail.value)} />
            </FormField>
          )}
        </Confirm>
      )}
    </>
  );
};

const Kind = ({ gap: { kind, reason } }: { gap: Gap }) => (
  <>
    <strong>{texts.kinds[kind]}</strong>
    <br />
    {texts.whatToDo[kind]}
    <br />
    <Value text={reason} />
  </>
);
