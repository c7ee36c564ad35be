/** A log without rows: nothing has ever happened, nothing matches, or the search is not at its end. */
import { usePage } from '../page-context.tsx';
import { Action, State } from '../states.tsx';
import { printTime } from '../time.ts';
import { say, words } from '../words.ts';
import type { Progress } from './use-log.tsx';

const { nothingYet, nothingMatches, tooLarge } = words.states;

export const EmptyLog = ({ progress, onContinue }: { progress: Progress; onContinue: () => void }) => {
  const { view, change, zone } = usePage();
  const { cursor, scanned_to } = progress;
  if (cursor !== null)
    return (
      <State
        title={tooLarge.title}
        text={scanned_to === null ? undefined : say(tooLarge.text, { time: printTime(scanned_to, zone) })}
      >
        <Action onClick={onContinue}>{tooLarge.next}</Action>
      </State>
    );
  if (view.query === '' && view.range.kind === 'all') return <State {...nothingYet} />;
  return (
    <State title={nothingMatches.title} text={nothingMatches.text}>
      {view.query !== '' && (
        <Action onClick={() => change({ query: '' })}>{nothingMatches.clearQuery}</Action>
      )}
      {view.range.kind !== 'all' && (
        <Action onClick={() => change({ range: { kind: 'all' } })}>{nothingMatches.allTime}</Action>
      )}
    </State>
  );
};
