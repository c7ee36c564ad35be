/** One event: every field, what changed, what the catalogue says of it, and the ways on from here. */
import { useEffect, useRef, useState } from 'react';
import { nextInstant } from '#domain/time.ts';
import type { Problem } from '../api.ts';
import type { Row } from '../log/rows.ts';
import type { Actions } from '../log/use-catalogue.tsx';
import { searchEvents } from '../log/use-log.tsx';
import { usePage } from '../page-context.tsx';
import { hasShortcuts } from '../shortcuts.ts';
import { Action, Boundary, Failed, Loading, State } from '../states.tsx';
import { problemOf } from '../use-answer.tsx';
import { CopyButton } from '../value-actions.tsx';
import { linkOf } from '../view-link.ts';
import { laterWords } from '../words/later-words.ts';
import { words } from '../words.ts';
import { curlOf } from './curl.ts';
import { EventFields } from './event-fields.tsx';
import { Json } from './json.tsx';
import { Timeline } from './timeline.tsx';

type EventPanelProps = {
  /** Undefined if the event is not among the rows on the screen: it is asked for. */
  row: Row | undefined;
  previous: Row | undefined;
  next: Row | undefined;
  onOpen: (row: Row) => void;
  catalogue: Actions | undefined;
};

const { event: said } = laterWords;

/** The event of the view, which may be on no page that is shown; each event has a panel of its own. */
const useEvent = (row: Row | undefined) => {
  const { api, view, scopeId } = usePage();
  const [found, setFound] = useState<{ row: Row | undefined }>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  const { id, occurredAt } = view.event!;
  const isKnown = row !== undefined;
  useEffect(() => {
    if (isKnown) return;
    const controller = new AbortController();
    setProblem(undefined);
    const body = { scope_id: scopeId, id: [id], from: occurredAt, to: nextInstant(occurredAt) };
    searchEvents(api, body, controller.signal).then(
      ({ rows }) => setFound({ row: rows[0] }),
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setProblem(problemOf(error));
      },
    );
    return () => controller.abort();
  }, [api, scopeId, id, occurredAt, isKnown, attempt]);
  return {
    row: row ?? found?.row,
    problem,
    isMissing: !isKnown && found !== undefined && found.row === undefined,
    retry: () => setAttempt(attempt + 1),
  };
};

export const EventPanel = ({ row: known, previous, next, onOpen, catalogue }: EventPanelProps) => {
  const { change, scopeId, view } = usePage();
  const { row, problem, isMissing, retry } = useEvent(known);
  const panel = useRef<HTMLElement>(null);
  const openedBy = `${view.event!.id}@${view.event!.occurredAt}`;
  useEffect(() => panel.current?.focus(), []);
  const close = (): void => {
    change({ event: undefined });
    // Back to the row, by its key: the rows may have changed meanwhile.
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>(`[data-row="${CSS.escape(openedBy)}"]`)?.focus(),
    );
  };
  const onKey = (keyEvent: React.KeyboardEvent): void => {
    if (
      keyEvent.target instanceof HTMLInputElement ||
      keyEvent.altKey ||
      keyEvent.ctrlKey ||
      keyEvent.metaKey
    )
      return;
    if (keyEvent.key === 'Escape') close();
    else if (!hasShortcuts()) return;
    else if (keyEvent.key === 'k' && previous) onOpen(previous);
    else if (keyEvent.key === 'j' && next) onOpen(next);
  };
  return (
    <aside ref={panel} className="event-panel" aria-label={said.title} tabIndex={-1} onKeyDown={onKey}>
      <header>
        <h2>{said.title}</h2>
        <button
          type="button"
          className="action"
          disabled={!previous}
          onClick={() => previous && onOpen(previous)}
        >
          {said.previous}
        </button>
        <button type="button" className="action" disabled={!next} onClick={() => next && onOpen(next)}>
          {said.next}
        </button>
        <Action onClick={close}>{words.page.close}</Action>
      </header>
      {problem && <Failed problem={problem} onRetry={retry} />}
      {isMissing && <State {...said.missing} />}
      {!row && !problem && !isMissing && <Loading />}
      {row && (
        <Boundary key={row.key} fallback={() => <Json text={row.raw} />}>
          <div className="actions">
            <CopyButton text={row.raw} label={said.copyJson} />
            <CopyButton
              text={curlOf(new URL('v1/events/search', location.href).href, {
                scope_id: scopeId,
                id: [row.event.id],
                from: row.event.occurred_at,
                to: nextInstant(row.event.occurred_at),
              })}
              label={said.copyCurl}
            />
            <CopyButton text={linkOf(location.href, view, scopeId)} label={words.log.copyLink} />
          </div>
          <EventFields
            row={row}
            action={catalogue?.get(row.event.action)}
            isKnown={catalogue !== undefined}
          />
          <Timeline row={row} onOpen={onOpen} />
        </Boundary>
      )}
    </aside>
  );
};
