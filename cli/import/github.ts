/**
 * GitHub's audit log as JSON, as an organization or an enterprise exports or streams it. The payload is the whole
 * record. https://docs.github.com/en/organizations/keeping-your-organization-secure
 */
import { actionSegment, type Draft, idOfRecord, isGiven, jsonOf, party, RecordFault } from './draft.ts';

type Fields = Readonly<Record<string, unknown>>;

export const githubDraft = (record: Fields, text: string, canonical: string): Draft => {
  const { action, actor, actor_id, actor_ip, request_id, user_agent, _document_id } = record;
  if (!isGiven(action))
    throw new RecordFault('The record has no "action"; is it one of GitHub\'s audit log?');
  const who = isGiven(actor_id) ? actor_id : actor;
  const kind = record.actor_is_bot === true ? 'bot' : 'user';
  const sent = isGiven(_document_id) ? _document_id : idOfRecord('github', canonical);
  const request = {
    ...(isGiven(request_id) ? { id: request_id } : {}),
    ...(isGiven(actor_ip) ? { ip_address: actor_ip } : {}),
    ...(isGiven(user_agent) ? { user_agent } : {}),
  };
  return {
    action: JSON.stringify(actionOf(String(action))),
    actor: isGiven(who) ? party(who, kind, actor) : party('github', 'system', 'GitHub'),
    target: targetOf(record),
    payload: text,
    occurred_at: jsonOf(timeOf(record)),
    id: JSON.stringify(String(sent)),
    scope: scopeOf(record),
    success: String(!/(^|[._])(failed|rejected)([._]|$)/.test(String(action))),
    ...(Object.keys(request).length > 0 ? { request: JSON.stringify(request) } : {}),
  };
};

/** `repo.create` stays; what has no entity gets one. */
const actionOf = (action: string): string => {
  const segments = action.split('.').map(actionSegment);
  return segments.length > 1 ? segments.join('.') : `github.${segments[0]}`;
};

/** Milliseconds since 1970, or a time as text. */
const timeOf = ({ '@timestamp': stamp, created_at }: Fields): unknown => {
  const time = stamp ?? created_at;
  if (typeof time !== 'number') return time;
  if (!Number.isFinite(time) || Math.abs(time) > 8.64e15)
    throw new RecordFault('"@timestamp" is not a number of milliseconds');
  return new Date(time).toISOString();
};

/** What GitHub names beside the actor, from the most specific. */
const targets = [
  ['team', 'team'],
  ['repo', 'repository'],
  ['user', 'user'],
  ['org', 'organization'],
  ['business', 'enterprise'],
] as const;

const targetOf = (record: Fields): string => {
  for (const [member, type] of targets) {
    const name = record[member];
    const id = record[`${member}_id`];
    if (member === 'user' && name === record.actor) continue;
    if (isGiven(name)) return party(isGiven(id) ? id : name, type, name);
  }
  const { actor, actor_id } = record;
  const self = isGiven(actor_id) ? actor_id : actor;
  return isGiven(self) ? party(self, 'user', actor) : party('github', 'system', 'GitHub');
};

/** The organization, or the enterprise of an event that is in none. */
const scopeOf = (record: Fields): string | undefined => {
  for (const [member, type] of targets.slice(-2)) {
    const name = record[member];
    const id = record[`${member}_id`];
    if (isGiven(name)) return party(isGiven(id) ? id : name, type, name);
  }
  return undefined;
};
