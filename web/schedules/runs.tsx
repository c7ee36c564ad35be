/** The runs of a schedule, the newest first, each an export. */
import Button from '@cloudscape-design/components/button';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useCallback } from 'react';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { DataTable } from '../data-table.tsx';
import { statusTypeOf } from '../exports/export-status.tsx';
import { isOpen, usePoll } from '../exports/use-exports.tsx';
import { usePage } from '../page-context.tsx';
import { pathId } from '../path-id.ts';
import { printTime } from '../time.ts';
import { useAnswer } from '../use-answer.tsx';
import { laterWords } from '../words/later-words.ts';
import { printNumber, say, words } from '../words.ts';

const { schedules: texts, exports: exportTexts } = laterWords;
type Run = Api<'Runs'>['runs'][number];

export const Runs = ({ id }: { id: string }) => {
  const { api, scopeId, zone, change } = usePage();
  const path = `v1/scopes/${pathId(scopeId)}/schedules/${pathId(id)}/runs`;
  const question = useCallback(
    async (signal: AbortSignal) => {
      const { runs } = await api.ask<'Runs'>('GET', path, { signal });
      return { items: runs, hasMore: false };
    },
    [api, path],
  );
  const { answered, ask } = useAnswer(question);
  usePoll(answered.is === 'there' && answered.answer.items.some(isOpen), ask);
  return (
    <DataTable<Run>
      title={say(texts.runsOf, { id })}
      answered={answered}
      onRetry={() => void ask()}
      empty={{ title: texts.noRuns }}
      actions={<Button onClick={() => change({ item: undefined })}>{words.page.close}</Button>}
      trackBy={({ n }) => String(n)}
      columns={[
        { id: 'n', header: texts.runColumns.n, isRowHeader: true, cell: ({ n }) => n },
        {
          id: 'from',
          header: texts.runColumns.from,
          cell: ({ filed_from }) => (filed_from === null ? texts.beginning : printTime(filed_from, zone)),
        },
        { id: 'to', header: texts.runColumns.to, cell: ({ filed_to }) => printTime(filed_to, zone) },
        {
          id: 'status',
          header: texts.runColumns.status,
          cell: ({ status }) => (
            <StatusIndicator type={statusTypeOf(status)}>{exportTexts.statuses[status]}</StatusIndicator>
          ),
        },
        {
          id: 'rows',
          header: texts.runColumns.rows,
          cell: ({ rows }) => (rows === undefined ? '–' : printNumber(rows)),
        },
        {
          id: 'open',
          header: texts.runColumns.open,
          cell: ({ n, export_id }) => (
            <Button
              ariaLabel={say(texts.openRun, { n })}
              onClick={() => change({ tab: 'exports', item: export_id })}
            >
              {texts.openExport}
            </Button>
          ),
        },
      ]}
    />
  );
};
