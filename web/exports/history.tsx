/** The exports of the log: who asked for which, how far it is, and its file. */
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { DataTable } from '../data-table.tsx';
import { usePage } from '../page-context.tsx';
import { printTime } from '../time.ts';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';
import { printNumber, say, words } from '../words.ts';
import { describeExport } from './describe.ts';
import { ExportActions } from './export-actions.tsx';
import { ExportStatus } from './export-status.tsx';
import { printBytes } from './sizes.ts';
import type { Export, useExports } from './use-exports.tsx';

const { exports: texts } = laterWords;

export const History = ({ answered, ask, showMore }: ReturnType<typeof useExports>) => {
  const { zone } = usePage();
  return (
    <DataTable<Export>
      title={texts.history}
      answered={answered}
      onRetry={() => void ask()}
      onMore={{ text: texts.more, show: showMore }}
      empty={{ title: texts.none, text: texts.noneText }}
      actions={<Button onClick={() => void ask()}>{texts.refresh}</Button>}
      trackBy={({ id }) => id}
      columns={[
        {
          id: 'requested',
          minWidth: 140,
          header: texts.columns.requested,
          isRowHeader: true,
          cell: ({ requested_at }) => printTime(requested_at, zone),
        },
        {
          id: 'by',
          header: texts.columns.by,
          cell: ({ requested_by }) => <Value text={requested_by ?? words.page.roles.operator} />,
        },
        { id: 'what', header: texts.columns.what, minWidth: 180, cell: one => <What one={one} /> },
        { id: 'status', header: texts.columns.status, cell: one => <ExportStatus one={one} /> },
        {
          id: 'rows',
          header: texts.columns.rows,
          cell: one => ('rows' in one && one.rows !== undefined ? printNumber(one.rows) : '–'),
        },
        {
          id: 'size',
          header: texts.columns.size,
          cell: one => ('bytes' in one && one.bytes !== undefined ? printBytes(one.bytes) : '–'),
        },
        {
          id: 'actions',
          minWidth: 150,
          header: texts.columns.actions,
          cell: one => (
            <SpaceBetween size="xs" direction="horizontal">
              <ExportActions one={one} onChanged={ask} />
            </SpaceBetween>
          ),
        },
      ]}
    />
  );
};

const What = ({ one }: { one: Export }) => {
  const { zone } = usePage();
  if (one.status === 'unreadable') return '–';
  const { schedule } = one;
  if (!schedule) return <bdi>{describeExport(one, zone)}</bdi>;
  return <bdi>{say(texts.schedule, { n: schedule.n, schedule: schedule.schedule_id })}</bdi>;
};
