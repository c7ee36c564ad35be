/** What can be done with an export: download it, look at it, retry it. */
import Button from '@cloudscape-design/components/button';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import type { Problem } from '../api.ts';
import { usePage } from '../page-context.tsx';
import { printTime } from '../time.ts';
import { problemOf } from '../use-answer.tsx';
import { laterWords } from '../words/later-words.ts';
import { say } from '../words.ts';
import type { Export } from './use-exports.tsx';

const { exports: texts } = laterWords;

type ActionsProps = { one: Export; onChanged: () => Promise<void>; hasDetails?: boolean };

export const ExportActions = ({ one, onChanged, hasDetails = true }: ActionsProps) => {
  const { api, zone, change } = usePage();
  const [problem, setProblem] = useState<Problem>();
  const [isRunning, setRunning] = useState(false);
  const time = printTime(one.requested_at, zone);
  const run = (what: () => Promise<void>) => async (): Promise<void> => {
    setProblem(undefined);
    setRunning(true);
    try {
      await what();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setRunning(false);
    }
  };
  const download = run(async () => {
    const { url } = await api.ask<'Link'>('GET', `v1/exports/${one.id}/download`);
    const link = document.createElement('a');
    link.href = url;
    link.download = '';
    link.click();
  });
  const retry = run(async () => {
    await api.text('POST', `v1/exports/${one.id}/retry`);
    await onChanged();
  });
  return (
    <>
      {one.status === 'succeeded' && (
        <Button
          loading={isRunning}
          ariaLabel={say(texts.downloadOf, { time })}
          onClick={() => void download()}
        >
          {texts.download}
        </Button>
      )}
      {one.status === 'failed' && (
        <Button loading={isRunning} ariaLabel={say(texts.retryOf, { time })} onClick={() => void retry()}>
          {texts.retry}
        </Button>
      )}
      {hasDetails && one.status !== 'unreadable' && (
        <Button
          variant="normal"
          ariaLabel={say(texts.detailsOf, { time })}
          onClick={() => change({ item: one.id })}
        >
          {texts.details}
        </Button>
      )}
      {problem && (
        <StatusIndicator type="error">
          {problem.code === 'expired' ? texts.expired : say(texts.notDownloaded, { detail: problem.detail })}
        </StatusIndicator>
      )}
    </>
  );
};
