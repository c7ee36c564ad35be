/** A table of what a view lists, in each of its states: loading, failed, empty, more to come. */
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import type { ReactNode } from 'react';
import { Failed, Loading, State } from './states.tsx';
import type { Answered } from './use-answer.tsx';
import { laterWords } from './words/later-words.ts';
import { say } from './words.ts';

type DataTableProps<T> = {
  title: string;
  explain?: string;
  /** `unreadable` is how many items the list lacks because their records are damaged. */
  answered: Answered<{ items: readonly T[]; unreadable?: number; hasMore: boolean }>;
  onRetry: () => void;
  onMore?: { text: string; show: () => void };
  empty: { title: string; text?: string };
  actions?: ReactNode;
  trackBy: (item: T) => string;
  columns: TableProps<T>['columnDefinitions'];
};

export const DataTable = <T,>(props: DataTableProps<T>) => {
  const { title, explain, answered, onRetry, onMore, empty, actions, trackBy, columns } = props;
  if (answered.is === 'failed') return <Failed problem={answered.problem} onRetry={onRetry} />;
  if (answered.is === 'loading') return <Loading />;
  const { items, unreadable = 0, hasMore } = answered.answer;
  return (
    <Table<T>
      items={items}
      trackBy={trackBy}
      wrapLines
      enableKeyboardNavigation
      ariaLabels={{ tableLabel: title }}
      header={
        <>
          <Header variant="h2" description={explain} actions={actions}>
            {title}
          </Header>
          {unreadable > 0 && <Alert type="warning">{say(laterWords.unreadable, { n: unreadable })}</Alert>}
        </>
      }
      empty={<State {...empty} />}
      columnDefinitions={columns}
      footer={
        hasMore &&
        onMore && (
          <Box textAlign="center">
            <Button onClick={onMore.show}>{onMore.text}</Button>
          </Box>
        )
      }
    />
  );
};
