/**
 * CloudTrail's records: its log files with their "Records", or one record a line. The payload is the whole record.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
import { actionSegment, type Draft, idOfRecord, isGiven, jsonOf, party, RecordFault } from './draft.ts';

type Fields = Readonly<Record<string, unknown>>;

export const cloudtrailDraft = (record: Fields, text: string, canonical: string): Draft => {
  const { eventTime, eventID, requestID, sourceIPAddress, userAgent } = record;
  const { eventSource, eventName, prefix } = subjectOf(record);
  if (typeof eventSource !== 'string' || typeof eventName !== 'string')
    throw new RecordFault('The record has no "eventSource" and "eventName"; is it one of CloudTrail?');
  const request = {
    ...(isGiven(requestID) ? { id: requestID } : {}),
    ...(isGiven(sourceIPAddress) ? { ip_address: sourceIPAddress } : {}),
    ...(isGiven(userAgent) ? { user_agent: userAgent } : {}),
  };
  const service = prefix + actionSegment(eventSource.replace(/\.amazonaws\.com(\.cn)?$/, ''));
  return {
    action: JSON.stringify(`${service}.${actionSegment(eventName)}`),
    actor: actorOf(record),
    target: targetOf(record, eventSource),
    payload: text,
    occurred_at: jsonOf(eventTime),
    id: JSON.stringify(isGiven(eventID) ? String(eventID) : idOfRecord('cloudtrail', canonical)),
    scope: scopeOf(record),
    success: String(succeeded(record)),
    ...(Object.keys(request).length > 0 ? { request: JSON.stringify(request) } : {}),
  };
};

/** An Insights event is about calls of an API; it is not such a call. */
const subjectOf = ({ eventSource, eventName, insightDetails }: Fields) => {
  const insight = fieldsOf(insightDetails);
  return eventSource === undefined && insight.eventSource !== undefined
    ? { eventSource: insight.eventSource, eventName: insight.eventName, prefix: 'cloudtrail.insight.' }
    : { eventSource, eventName, prefix: '' };
};

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** Insights and events of a service have no identity, or only the name of the service. */
const actorOf = (record: Fields): string => {
  const identity = fieldsOf(record.userIdentity);
  const { arn, principalId, userName, invokedBy, accountId, type } = identity;
  const issuer = fieldsOf(fieldsOf(identity.sessionContext).sessionIssuer);
  const id = [arn, principalId, userName, invokedBy, accountId].find(isGiven);
  if (id === undefined) return party('cloudtrail.amazonaws.com', 'aws_service');
  const kind = typeof type === 'string' && type !== '' ? actionSegment(type) : 'aws_principal';
  return party(id, kind, userName ?? issuer.userName);
};

const targetOf = ({ resources }: Fields, eventSource: string): string => {
  const first: Fields = Array.isArray(resources) ? fieldsOf(resources[0]) : {};
  const id = first.ARN ?? first.ARNPrefix;
  const { type } = first;
  if (isGiven(id)) return party(id, typeof type === 'string' && type !== '' ? type : 'aws_resource');
  return party(eventSource === '' ? 'aws' : eventSource, 'aws_service');
};

const scopeOf = (record: Fields): string | undefined => {
  const account = record.recipientAccountId ?? fieldsOf(record.userIdentity).accountId;
  return isGiven(account) ? party(account, 'aws_account') : undefined;
};

/** A failed sign-in to the console says so in its response, without an error code. */
const succeeded = ({ errorCode, errorMessage, responseElements }: Fields): boolean =>
  !isGiven(errorCode) && !isGiven(errorMessage) && fieldsOf(responseElements).ConsoleLogin !== 'Failure';
