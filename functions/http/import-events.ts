/**
 * `POST /v1/imports`: the operator brings events of the past. It is receive with other rules: each event has
 * its time, which is not after `as_of`, and is marked as imported; nothing is stamped; nothing refused is kept,
 * since the importer writes it to a file; the catalogue refuses nothing, since the actions are another system's.
 */
import type { Stream } from '#aws/stream.ts';
import { packRows, type Receiver, sortBody } from '#domain/archive/sort-body.ts';
import { type Import, importerOf, ofImport, sourceGrammar } from '#domain/receive/imported.ts';
import { instantOfMilliseconds, parseInstantOrDate } from '#domain/time.ts';
import type { Log } from '#functions/runtime/log.ts';
import { type Answer, problem } from './answer.ts';
import { answerBody, answerEvents } from './receive-answer.ts';
import { type ApiEvent, viaOf } from './request.ts';
import type { Call } from './router.ts';

export type ImportWorld = Omit<Receiver, 'strictness'> & { stream: Pick<Stream, 'put'>; log: Log };

export const importEvents = async (world: ImportWorld, { event, caller }: Call): Promise<Answer> => {
  const imported = importOf(event, world.nowMs());
  if ('statusCode' in imported) return imported;
  const { id, ip_address: address } = viaOf(event);
  const sent = {
    body: bodyOf(event),
    from: importerOf(caller.principal),
    requestId: id,
    http: { id, address, traceId: undefined },
    isStamping: false,
    isKeeping: false,
    imported,
  };
  const sorted = sortBody(sent, { ...world, strictness: { isStrict: false, isPayloadStrict: false } });
  if ('status' in sorted) return answerBody(sent, sorted, undefined);
  const { accepted, byBucket } = sorted;
  const refused = sorted.refused.map(refusal => ofImport(refusal, imported.asOf));
  const { packs, places } = packRows(byBucket);
  const { positions, reason } = await world.stream.put(packs);
  const notStored = new Set(places.flatMap((ofPack, at) => (positions[at] ? [] : ofPack)));
  if (notStored.size > 0)
    world.log('error', 'The stream did not take every pack', { reason, events: notStored.size });
  const none = refused.map(() => false);
  return answerEvents(sent, { accepted, refused, notStored, isKept: none, isAdmitted: none });
};

const importOf = ({ queryStringParameters = {} }: ApiEvent, nowMs: number): Import | Answer => {
  const { source, as_of } = queryStringParameters;
  if (source === undefined || !sourceGrammar.test(source))
    return problem(
      'invalid_request',
      'Expected source to name the other system in lowercase letters, digits, dots, dashes and underscores',
    );
  const asOf = as_of === undefined ? undefined : parseInstantOrDate(as_of);
  if (asOf === undefined)
    return problem('invalid_request', 'Expected as_of to be an RFC 3339 time or a date as YYYY-MM-DD');
  if (asOf > instantOfMilliseconds(nowMs))
    return problem('invalid_request', 'Expected as_of to be in the past: history is imported as of a time');
  return { source, asOf };
};

const bodyOf = ({ headers, body = '', isBase64Encoded }: ApiEvent) => ({
  bytes: isBase64Encoded ? Buffer.from(body, 'base64') : body,
  contentType: headers['content-type'] ?? '',
  contentEncoding: headers['content-encoding'] ?? '',
});
