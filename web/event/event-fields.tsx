/**
 * The fields of an event: those that can be followed with what can be done with them, the others as their
 * JSON.
 */

import type { ColumnField } from '#domain/filter/filter.ts';
import { isPathField } from '#domain/filter/path.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { membersOf } from '#domain/json/entries.ts';
import { unquote } from '#domain/json/token.ts';
import { Outcome } from '../log/columns.tsx';
import { partyOf, type Row, requestPart } from '../log/rows.ts';
import { usePage } from '../page-context.tsx';
import { formsOf } from '../time.ts';
import { Value } from '../value.tsx';
import { CopyButton, ValueActions } from '../value-actions.tsx';
import { laterWords } from '../words/later-words.ts';
import { say, words } from '../words.ts';
import { type Change, changesBetween, changesOf } from './changes.ts';
import { Json } from './json.tsx';

const { event: said } = laterWords;

type Action = Api<'Actions'>['actions'][number];
type EventFieldsProps = { row: Row; action: Action | undefined; isKnown: boolean };

/** The JSON of a member, as it was sent. */
const tokenOf = (raw: string, name: string): string | undefined => {
  for (const { key, value } of membersOf(raw)) if (unquote(key) === name) return value;
  return undefined;
};

const Field = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

const PartyField = ({ value, field }: { value: unknown; field?: ColumnField }) => {
  const party = partyOf(value);
  if (!party) return <>{words.page.none}</>;
  const { id, name, type } = party;
  return (
    <>
      {name !== undefined && name !== id && (
        <>
          <Value text={name} isWhole />{' '}
        </>
      )}
      <ValueActions text={id} field={field} />
      {type !== undefined && (
        <small className="beside">
          {' '}
          <Value text={type} />
        </small>
      )}
    </>
  );
};

export const EventFields = ({ row: { event, raw }, action, isKnown }: EventFieldsProps) => {
  const { zone } = usePage();
  const changes = changesOf(event.payload);
  const parts = [
    [said.address, requestPart(event, 'ip_address'), 'address'],
    [said.request, requestPart(event, 'id'), 'request_id'],
    [said.trace, requestPart(event, 'client_trace_id'), 'client_trace_id'],
  ] as const;
  return (
    <>
      <dl className="fields">
        <Field name={words.log.columns.action}>
          <ValueActions text={event.action} field="action" />
          <p className="explain">
            {action ? action.description : isKnown ? said.uncatalogued : ''}
            {action?.deprecated !== undefined && ` ${say(said.deprecated, { why: action.deprecated })}`}
          </p>
        </Field>
        <Field name={words.log.columns.outcome}>
          <Outcome isSuccess={event.success} />
        </Field>
        <Field name={words.log.columns.time}>
          <ul className="times">
            {formsOf(event.occurred_at, [zone, 'UTC'], Date.now()).map(form => (
              <li key={form}>{form}</li>
            ))}
          </ul>
          <CopyButton text={event.occurred_at} />
        </Field>
        <Field name={words.log.columns.actor}>
          <PartyField value={event.actor} field="actor" />
        </Field>
        <Field name={words.log.columns.target}>
          <PartyField value={event.target} field="target" />
        </Field>
        {parts.map(
          ([name, text, field]) =>
            text !== undefined && (
              <Field key={field} name={name}>
                <ValueActions text={text} field={field} />
              </Field>
            ),
        )}
        <Field name={said.scope}>
          <PartyField value={event.scope} />
        </Field>
        <Field name={words.log.columns.id}>
          <ValueActions text={event.id} field="id" />
        </Field>
        <Field name={said.version}>{event.version}</Field>
        <Field name={said.received}>{formsOf(event.received_at, [zone], Date.now())[0]}</Field>
        <Field name={said.filed}>{formsOf(event.filed_at, [zone], Date.now())[0]}</Field>
        {event.warnings && <Field name={said.warnings}>{event.warnings.join(', ')}</Field>}
      </dl>
      {changes && <Changes changes={changes} title={said.changes} />}
      {event.current && (
        <Changes
          changes={changesBetween(event.payload, event.current.payload)}
          title={say(said.newerForm, { version: event.current.version })}
        />
      )}
      {(['payload', 'metadata', 'request', 'actor', 'target'] as const).map(name => {
        const token = tokenOf(raw, name);
        return token === undefined || token === 'null' ? null : (
          <section key={name}>
            <h3>{said.members[name]}</h3>
            <Json
              text={event.irregular?.includes(name) ? JSON.parse(token) : token}
              field={isPathField(name) ? name : undefined}
            />
            {event.irregular?.includes(name) && <p className="explain">{said.irregular}</p>}
          </section>
        );
      })}
    </>
  );
};

const Changes = ({ changes, title }: { changes: readonly Change[]; title: string }) => (
  <section>
    <h3>{title}</h3>
    {changes.length === 0 ? (
      <p>{said.noChange}</p>
    ) : (
      <div className="scroll" tabIndex={0} role="group" aria-label={title}>
        <table className="changes">
          <thead>
            <tr>
              {[said.path, said.before, said.after].map(name => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {changes.map(({ path, before, after }) => (
              <tr key={path}>
                <th scope="row">
                  <Value text={path === '' ? '/' : path} />
                </th>
                {[before, after].map((side, n) => (
                  <td key={n}>{side === undefined ? <em>{said.absent}</em> : <Value text={side} />}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
);
