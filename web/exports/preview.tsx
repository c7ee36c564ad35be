/** What an export will hold and what it reads for that, before it is asked for. */
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useCallback } from 'react';
import { usePage } from '../page-context.tsx';
import { printTime } from '../time.ts';
import { useAnswer } from '../use-answer.tsx';
import { laterWords } from '../words/later-words.ts';
import { say, words } from '../words.ts';
import { printBytes } from './sizes.ts';
import type { Count, Counted } from './use-count.tsx';

const { exports: texts } = laterWords;

type PreviewProps = {
  counted: Counted;
  onCountOn: () => void;
  onCountAgain: () => void;
  body: object | undefined;
};

export const Preview = ({ counted, onCountOn, onCountAgain, body }: PreviewProps) => (
  <div aria-live="polite">
    <SpaceBetween size="xs" direction="horizontal" alignItems="center">
      <Box fontSize="heading-m" fontWeight="bold">
        <Events {...counted} />
      </Box>
      {counted.count?.countedTo !== undefined && (
        <Button loading={counted.isCounting} onClick={onCountOn}>
          {texts.countOn}
        </Button>
      )}
      {counted.problem && <Button onClick={onCountAgain}>{words.page.retry}</Button>}
    </SpaceBetween>
    {body && <Cost body={body} />}
  </div>
);

const Events = ({ count, problem }: { count: Count | undefined; problem: Counted['problem'] }) => {
  const { zone } = usePage();
  if (problem) return say(texts.notCounted, { detail: problem.detail });
  if (!count) return texts.counting;
  if (count.completeTo === null) return texts.nothingFiled;
  return count.countedTo === undefined
    ? say(count.isAtMost ? texts.atMost : texts.rows, { n: count.n })
    : say(texts.atLeast, { n: Math.max(0, count.n), time: printTime(count.countedTo, zone) });
};

/** As a dry run estimates it; of no use if that is refused, which the export itself then says. */
const Cost = ({ body }: { body: object }) => {
  const { api } = usePage();
  const text = JSON.stringify({ ...body, dry_run: true });
  const question = useCallback(
    (signal: AbortSignal) => api.ask<'Estimate'>('POST', 'v1/exports', { body: JSON.parse(text), signal }),
    [api, text],
  );
  const { answered } = useAnswer(question);
  if (answered.is !== 'there') return null;
  const { bytes, objects } = answered.answer;
  return <Box color="text-body-secondary">{say(texts.cost, { size: printBytes(bytes), objects })}</Box>;
};
