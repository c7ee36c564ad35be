/** What else happened in the request of an event, in its order: which action led to which. */
import { useState } from 'react';
import { printTerm } from '#domain/filter/term.ts';
import { addDays } from '#domain/time.ts';
import type { Problem } from '../api.ts';
import { partyOf, type Row, requestPart } from '../log/rows.ts';
import { searchEvents } from '../log/use-log.tsx';
import { usePage } from '../page-context.tsx';
import { Action, Failed } from '../states.tsx';
import { printTime } from '../time.ts';
import { problemOf } from '../use-answer.tsx';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';
import { say, words } from '../words.ts';

const { event: said } = laterWords;
const mostShown = 100;

export const Timeline = ({ row, onOpen }: { row: Row; onOpen: (row: Row) => void }) => {
  const { api, scopeId, zone } = usePage();
  const [found, setFound] = useState<{ rows: Row[]; isWhole: boolean }>();
  const [problem, setProblem] = useState<Problem>();
  const id = requestPart(row.event, 'id');
  if (id === undefined) return null;
  const load = (): void => {
    setProblem(undefined);
    const body = {
      scope_id: scopeId,
      request_id: [printTerm({ isNegated: false, kind: 'value', value: id })],
      // A request does not take a day.
      from: addDays(row.event.occurred_at, -1),
      to: addDays(row.event.occurred_at, 1),
      limit: mostShown,
    };
    searchEvents(api, body).then(
      ({ rows, cursor }) => setFound({ rows: rows.reverse(), isWhole: cursor === null }),
      (error: unknown) => {
        setProblem(problemOf(error));
      },
    );
  };
  return (
    <section>
      <h3>{said.timeline}</h3>
      {problem && <Failed problem={problem} onRetry={load} />}
      {!found && !problem && <Action onClick={load}>{said.showTimeline}</Action>}
      {found && (
        <ol className="timeline">
          {found.rows.map(other => (
            <li key={other.key} aria-current={other.key === row.key ? 'true' : undefined}>
              <button type="button" className="link" onClick={() => onOpen(other)}>
                {printTime(other.event.occurred_at, zone, 9)}
              </button>{' '}
              <Value text={other.event.action} /> <Value text={partyOf(other.event.target)?.id ?? ''} />
              {!other.event.success && <span className="outcome failed"> {words.log.failed}</span>}
            </li>
          ))}
        </ol>
      )}
      {found && !found.isWhole && <p>{say(said.more, { n: mostShown })}</p>}
    </section>
  );
};
