/** Who asked for an export and who downloaded it, as the log itself has recorded it. */
import Box from '@cloudscape-design/components/box';
import { useCallback } from 'react';
import { usePage } from '../page-context.tsx';
import { Failed, Loading } from '../states.tsx';
import { printTime } from '../time.ts';
import { useAnswer } from '../use-answer.tsx';
import { Value } from '../value.tsx';
import { laterWords } from '../words/later-words.ts';

const { exportDetails: texts } = laterWords;

export const People = ({ id }: { id: string }) => {
  const { api, scopeId, zone } = usePage();
  const question = useCallback(
    (signal: AbortSignal) => {
      const body = { scope_id: scopeId, action: ['audit_log.export.*'], target: [id], limit: 100 };
      return api.ask<'Events'>('POST', 'v1/events/search', { body, signal });
    },
    [api, scopeId, id],
  );
  const { answered, ask } = useAnswer(question);
  return (
    <section>
      <Box variant="h3">{texts.people}</Box>
      {answered.is === 'loading' && <Loading />}
      {answered.is === 'failed' && <Failed problem={answered.problem} onRetry={() => void ask()} />}
      {answered.is === 'there' && answered.answer.events.length === 0 && answered.answer.cursor === null && (
        <p>{texts.nobody}</p>
      )}
      {answered.is === 'there' && (
        <ul className="people">
          {answered.answer.events.map(({ id: event, occurred_at, actor, action, success }) => (
            <li key={event}>
              {printTime(occurred_at, zone)} <Value text={nameOf(actor)} />{' '}
              {success === false && action === 'audit_log.export.request' ? texts.wasRefused : didOf(action)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

const didOf = (action: string): string =>
  Object.hasOwn(texts.did, action) ? texts.did[action as keyof typeof texts.did] : action;

/** A name is never shown without its id. */
const nameOf = (actor: unknown): string => {
  if (typeof actor !== 'object' || actor === null) return String(actor);
  const { id, name } = actor as { id?: unknown; name?: unknown };
  return typeof name === 'string' && name !== id ? `${name} (${String(id)})` : String(id);
};
