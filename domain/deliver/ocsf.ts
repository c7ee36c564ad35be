/**
 * An event as a line of OCSF 1.8.0 (https://schema.ocsf.io/1.8.0/). The catalogue says which class an action is. What
 * the schema has no place for is not lost: `unmapped` has the time with its nine digits, and the event whole as the
 * JSON text that a delivery in JSON would hold. It is a text and not an object, so that two payloads which differ in
 * the type of a member cannot make an index refuse one of them.
 */
import type { ActionDefinition } from '#domain/catalogue/action.ts';
import { baseEvent, type OcsfMapping, ocsfClasses, ocsfVersion } from '#domain/catalogue/ocsf-classes.ts';
import { derivedId } from '#domain/derived-id.ts';
import { printIpAddress } from '#domain/event/ip-address.ts';
import type { Cells } from '#domain/filter/filter.ts';
import type { Form } from './form.ts';
import { jsonForm } from './json-form.ts';

/** By action. It is JSON, so that a delivery can keep the table that its lines were made with. */
export type OcsfTable = Readonly<Record<string, OcsfMapping>>;

export const ocsfTableOf = (actions: readonly ActionDefinition[]): OcsfTable =>
  Object.fromEntries(actions.flatMap(({ action, ocsf }) => (ocsf === undefined ? [] : [[action, ocsf]])));

/** The part of the table that these rows need: with it alone their lines can be made again. */
export const tableOfRows = (table: OcsfTable, rows: readonly Cells[]): OcsfTable =>
  Object.fromEntries(
    [...new Set(rows.map(({ action }) => String(action)))]
      .filter(action => Object.hasOwn(table, action))
      .sort()
      .map(action => [action, table[action]!]),
  );

/** The form whose lines say of each action what the table says. */
export const ocsfForm = (table: OcsfTable): Form => ({
  format: 'ocsf',
  version: 1,
  line: cells => ocsfLine(cells, table),
});

/** The line with its newline. */
export const ocsfLine = (cells: Cells, table: OcsfTable): string => {
  const action = String(cells.action);
  const mapping = Object.hasOwn(table, action) ? table[action] : undefined;
  return `${JSON.stringify({
    ...classification(action, mapping),
    ...occurrence(cells),
    metadata: { ...metadataOf(cells), ...(mapping ? {} : { profiles: [actorProfile] }) },
    ...partiesOf(cells, mapping),
    unmapped: { occurred_at: String(cells.occurred_at), event: wholeEvent(cells) },
  })}\n`;
};

const classification = (action: string, mapping: OcsfMapping | undefined) => {
  const { uid, category, caption, activities } = mapping ? ocsfClasses[mapping.class] : baseEvent;
  const other = { id: 99, name: action };
  const activity = mapping
    ? { id: (activities as Record<string, number>)[mapping.activity] ?? other.id, name: mapping.activity }
    : other;
  return {
    class_uid: uid,
    class_name: caption,
    category_uid: category,
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: uid * 100 + activity.id,
  };
};

const occurrence = ({ action, occurred_at, success }: Cells) => ({
  // Milliseconds, as a timestamp of OCSF is.
  time: Date.parse(`${String(occurred_at).slice(0, 23)}Z`),
  severity_id: 1,
  severity: 'Informational',
  status_id: isTrue(success) ? 1 : 2,
  status: isTrue(success) ? 'Success' : 'Failure',
  message: String(action),
});

const isTrue = (cell: Cells[string]): boolean => cell === true || cell === 'true';

/** An id can be used again at another time, and in another scope: only the three together are one event. */
const uidOf = ({ scope_id, id, occurred_at }: Cells): string =>
  derivedId('ocsf', scope_id === undefined ? null : String(scope_id), String(id), String(occurred_at));

const metadataOf = (cells: Cells) => ({
  version: ocsfVersion,
  uid: uidOf(cells),
  product: { name: 'Annals', vendor_name: 'Annals' },
  event_code: String(cells.action),
  original_time: String(cells.occurred_at),
  ...given('tenant_uid', cells.scope_id),
  ...given('correlation_uid', cells.client_trace_id),
});

/** The profile that gives a Base Event its actor. */
const actorProfile = 'host';

const partiesOf = (cells: Cells, mapping: OcsfMapping | undefined) => {
  const actor = { user: userOf(cells.actor) };
  const target = userOf(cells.target);
  const source = sourceOf(cells.request);
  switch (mapping?.class) {
    case undefined:
      return { actor };
    case 'account_change':
      return { actor, user: target, ...source };
    case 'authentication':
      return { actor, user: target, service: serviceOf(cells), ...source };
    case 'user_access':
      return { actor, user: target, privileges: [String(cells.action)], ...source };
    case 'api_activity':
      return {
        actor,
        api: { operation: String(cells.action), ...given('request', requestOf(cells)) },
        resources: [resourceOf(cells.target)],
        src_endpoint: { name: unknownSource },
        ...source,
      };
  }
};

/** What the schema requires and an event without an address does not say. */
const unknownSource = 'unknown';

const requestOf = ({ request_id }: Cells) =>
  request_id === undefined ? undefined : { uid: String(request_id) };

/** What somebody signs in to is the account that owns the log. */
const serviceOf = ({ scope_id }: Cells) =>
  scope_id === undefined ? { name: unknownSource } : { uid: String(scope_id) };

const sourceOf = (request: Cells[string]): { src_endpoint?: { ip: string } } => {
  const { ip_address } = membersOf(request);
  const ip = ip_address === undefined ? undefined : printIpAddress(ip_address)?.replace(/%.*/, '');
  return ip === undefined ? {} : { src_endpoint: { ip } };
};

const userTypes: Readonly<Record<string, { type_id: number; type: string }>> = {
  user: { type_id: 1, type: 'User' },
  admin: { type_id: 2, type: 'Admin' },
  system: { type_id: 3, type: 'System' },
  service: { type_id: 4, type: 'Service' },
};

const userOf = (party: Cells[string]) => {
  const { id, name, type = '' } = membersOf(party);
  const known = Object.hasOwn(userTypes, type) ? userTypes[type] : undefined;
  return { uid: id ?? '', ...given('name', name), ...(known ?? { type_id: 99, type }) };
};

const resourceOf = (party: Cells[string]) => {
  const { id, name, type } = membersOf(party);
  return { uid: id ?? '', ...given('name', name), ...given('type', type) };
};

type Texts = Partial<Record<'id' | 'name' | 'type' | 'ip_address', string>>;

/** The members that are strings. UTF-8 cannot encode half of a surrogate pair, so U+FFFD stands for it. */
const membersOf = (json: Cells[string]): Texts => {
  if (json === undefined) return {};
  const members = JSON.parse(String(json)) as Record<string, unknown>;
  const texts: Texts = {};
  for (const name of ['id', 'name', 'type', 'ip_address'] as const) {
    const value = members[name];
    if (typeof value === 'string') texts[name] = value.toWellFormed();
  }
  return texts;
};

const given = <Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> =>
  value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, Value>>);

const wholeEvent = (cells: Cells): string => jsonForm.line(cells).trimEnd();
