/** How far an export is, in words and a sign. */
import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import type { Export } from './use-exports.tsx';

const { exports: texts } = laterWords;

export const statusTypeOf = (status: Export['status']): StatusIndicatorProps.Type => {
  if (status === 'succeeded') return 'success';
  if (status === 'failed' || status === 'failing' || status === 'unreadable') return 'error';
  return status === 'running' || status === 'completing' ? 'in-progress' : 'pending';
};

export const ExportStatus = ({ one }: { one: Export }) => {
  const progress = 'progress' in one ? one.progress : undefined;
  return (
    <StatusIndicator type={statusTypeOf(one.status)}>
      {texts.statuses[one.status]}
      {progress && ` (${say(texts.progress, { done: progress.slices_done, slices: progress.slices })})`}
    </StatusIndicator>
  );
};
