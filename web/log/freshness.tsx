/** Up to when the answer is complete, which is always in sight, and what may be missing in it. */
import { usePage } from '../page-context.tsx';
import { printTime } from '../time.ts';
import { say, words } from '../words.ts';
import type { Progress } from './use-log.tsx';

const { states } = words;

export const Freshness = ({ progress: { complete_to, gaps } }: { progress: Progress }) => {
  const { zone } = usePage();
  return (
    <>
      <p className="freshness" title={complete_to ?? undefined}>
        {complete_to === null
          ? states.neverComplete
          : say(states.notYetComplete, { time: printTime(complete_to, zone) })}
      </p>
      {gaps.length > 0 && (
        <details className="gaps">
          <summary>{say(states.gaps, { n: gaps.length })}</summary>
          <ul>
            {gaps.map(({ bucket, filed_at, ended_at }) => (
              <li key={`${bucket} ${filed_at}`}>
                {ended_at === null
                  ? say(states.gapSince, { from: printTime(filed_at, zone) })
                  : say(states.gapBetween, {
                      from: printTime(filed_at, zone),
                      to: printTime(ended_at, zone),
                    })}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
};
