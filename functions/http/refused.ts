/**
 * The operator's routes for refused items: list, show, resend, dismiss and purge them. Every change, and
 * every look at the bytes, is recorded first: in the log of the item's scope if the scope can be read.
 */
import { v7 } from 'uuid';
import { fewAtOnce } from '#aws/few-at-once.ts';
import type { SelfAudit } from '#aws/self-audit.ts';
import { isUnreadable } from '#aws/state/record.ts';
import type { RefusedIndex } from '#aws/state/refused-index.ts';
import type { KeptItem, StoredItem } from '#aws/state/refused-items.ts';
import { type Caller, printIdentity } from '#domain/access/caller.ts';
import { printActor } from '#domain/access/principal.ts';
import { actorOf, type SelfAuditAction } from '#domain/access/self-audit-event.ts';
import { isName } from '#domain/event/name.ts';
import type { Api } from '#domain/http/shapes/shapes.ts';
import { refusalCodeGrammar, senderGrammar } from '#domain/receive/limits.ts';
import { isItemKey } from '#domain/refused/item.ts';
import { openRefusedPrefix, parseRefusedEntry, scopeSha256 } from '#domain/refused/layout.ts';
import { readItem } from '#domain/refused/reading.ts';
import { isWhole, type RefusedEnd, type RefusedRecord } from '#domain/refused/record.ts';
import {
  type PurgeRequest,
  purgeShape,
  refusedDismissalShape,
  resendShape,
} from '#domain/refused/request.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { type Answer, badCursor, badId, json, problem } from './answer.ts';
import { parseBody, viaOf } from './request.ts';
import { type ResendWorld, resendRefused } from './resend-refused.ts';
import type { Call, Handler } from './router.ts';
import { countUnreadable } from './unreadable.ts';

export type RefusedWorld = ResendWorld & { refusedIndex: RefusedIndex; selfAudit: SelfAudit };

/** For each open item of a page, the record and the first part are read. */
const pageSize = 50;
/** Items that one call of a purge reads. */
const purgedAtOnce = 200;

type ItemCall = Call & { item: StoredItem };

/** Answers 404 if no item has the id in the path. */
const ofItem =
  (handle: Handler<RefusedWorld, ItemCall>): Handler<RefusedWorld> =>
  async (world, call) => {
    const key = call.event.pathParameters?.key ?? '';
    const item = isItemKey(key) ? await world.refused.get(key) : undefined;
    if (isUnreadable(item)) throw item;
    return item ? handle(world, { ...call, item }) : noSuchItem();
  };

const noSuchItem = (): Answer => problem('not_found', 'There is no refused item of this key');

export const listRefused = async (world: RefusedWorld, { event }: Call): Promise<Answer> => {
  const { cursor, scope_id, sender, code } = event.queryStringParameters ?? {};
  const after = cursor === undefined ? undefined : `${openRefusedPrefix}${cursor.replace('.', '/')}`;
  if (after !== undefined && !parseRefusedEntry(after)) return badCursor();
  if (scope_id !== undefined && !isName(scope_id)) return badId('scope', false);
  if (sender !== undefined && !senderGrammar.test(sender))
    return problem('invalid_request', 'Expected a sender as items name it: an ARN', {
      path: '/sender',
    });
  if (code !== undefined && !refusalCodeGrammar.test(code))
    return problem('invalid_request', 'Expected the code of a refusal, as "invalid_type"', {
      path: '/code',
    });
  const scope = scope_id === undefined ? undefined : scopeSha256(scope_id);
  const entries = [];
  for await (const entry of world.refusedIndex.open(scope, after, pageSize + 1)) entries.push(entry);
  const shown = entries.slice(0, pageSize);
  const found = await world.refused.ofEntries(shown);
  const records = found.flatMap(record => (isUnreadable(record) ? [] : [record]));
  const items = records.filter(
    record =>
      (sender === undefined || record.sender === sender) && (code === undefined || record.code === code),
  );
  const last = shown.at(-1)?.indexKey.slice(openRefusedPrefix.length).replace('/', '.');
  return json<'RefusedItems'>(200, {
    items: await fewAtOnce(items, async record => print(record, await world.refused.first(record))),
    ...countUnreadable(found.filter(isUnreadable), world.log),
    cursor: entries.length > pageSize ? last! : null,
  });
};

const keptOf = (record: RefusedRecord, { facts }: KeptItem): Api<'RefusedSummary'>['kept'] => {
  if (record.gone || !facts) return 'deleted';
  if (facts.too_large) return 'too_large';
  return isWhole(record) ? 'whole' : 'incomplete';
};

const scopeOf = ({ facts, bytes }: KeptItem): string | undefined =>
  facts && bytes && facts.content_encoding === undefined
    ? readItem(bytes.toString(), { contentType: facts.content_type, cloudEventHeaders: facts.cloud_event })
        .scopeId
    : undefined;

const print = (record: RefusedRecord, kept: KeptItem): Api<'RefusedSummary'> => ({
  key: record.key,
  sha256: record.sha256,
  code: record.code,
  path: kept.facts?.path ?? null,
  sender: record.sender,
  scope_id: scopeOf(kept) ?? null,
  occurred_at: record.occurred_at ?? null,
  received_at: kept.facts?.received_at ?? null,
  filed_at: record.filed_at,
  bytes: record.bytes,
  parts: record.parts,
  repeats: record.repeats,
  kept: keptOf(record, kept),
  end: record.end ?? null,
});

type RefusedAccess = { action: SelfAuditAction; key: string; scopeId: string | undefined; payload: object };

const recordSelfAudit = (
  { selfAudit, nowMs }: RefusedWorld,
  { caller, event }: Call,
  { action, key, scopeId, payload }: RefusedAccess,
): Promise<void> =>
  selfAudit.record({
    action,
    id: v7(),
    at: instantOfMilliseconds(nowMs()),
    actor: actorOf(caller),
    target: { id: key, type: 'refused_item' },
    scopeId,
    success: true,
    payload: { ...payload },
    via: viaOf(event),
  });

export const showRefused = ofItem(async (world, call) => {
  const { event, item } = call;
  const { record } = item;
  const kept = await world.refused.read(record);
  const { key, sha256 } = record;
  const isHead = event.requestContext.http.method === 'HEAD';
  if (kept.bytes && !isHead)
    await recordSelfAudit(world, call, {
      action: 'refused.show',
      key,
      scopeId: scopeOf(kept),
      payload: { sha256 },
    });
  return json<'RefusedItem'>(200, {
    ...print(record, kept),
    content_type: kept.facts?.content_type ?? null,
    content_encoding: kept.facts?.content_encoding ?? null,
    base64: isHead ? null : (kept.bytes?.toString('base64') ?? null),
  });
});

export const resendItem = ofItem(async (world, call) => {
  const { caller, event, item } = call;
  const request = parseBody(event, resendShape);
  if ('problem' in request) return request.problem;
  return resendRefused(world, {
    item,
    request: request.value,
    caller,
    requestId: event.requestContext.requestId,
    record: (scopeId, payload) =>
      recordSelfAudit(world, call, {
        action: 'refused.resend',
        key: item.record.key,
        scopeId,
        payload,
      }),
  });
});

export const dismissRefused = ofItem(async (world, call) => {
  const { caller, event, item } = call;
  const { record } = item;
  const request = parseBody(event, refusedDismissalShape);
  if ('problem' in request) return request.problem;
  if (record.end)
    return problem(
      'refused_ended',
      `The item was ${record.end.how} by ${printActor(record.end.by)}, at ${record.end.at}`,
    );
  const { reason } = request.value;
  const { key, sha256 } = record;
  const kept = await world.refused.read(record);
  await recordSelfAudit(world, call, {
    action: 'refused.dismiss',
    key,
    scopeId: scopeOf(kept),
    payload: { reason, sha256 },
  });
  const ended = await world.refused.end(key, endOf(world, caller, 'dismissed', reason));
  return ended ? json<'RefusedSummary'>(200, print(ended, kept)) : noSuchItem();
});

const endOf = (
  { nowMs }: RefusedWorld,
  caller: Caller,
  how: RefusedEnd['how'],
  reason: string,
): RefusedEnd => ({ how, at: instantOfMilliseconds(nowMs()), by: printIdentity(caller), reason });

/**
 * Deletes the bytes of one item, of all items of a sender, or of all items before a time; each call deletes a
 * limited number.
 */
export const purgeRefused = async (world: RefusedWorld, call: Call): Promise<Answer> => {
  const { caller, event } = call;
  const parsed = parseBody(event, purgeShape);
  if ('problem' in parsed) return parsed.problem;
  const request = parsed.value;
  const { cursor, reason, ...which } = request;
  if (which.key !== undefined && !(await world.refused.get(which.key))) return noSuchItem();
  await recordSelfAudit(world, call, {
    action: 'refused.purge',
    key: which.key ?? 'refused',
    scopeId: undefined,
    payload: { reason, ...which },
  });
  const end = endOf(world, caller, 'purged', reason);
  const { keys, next } = await toPurge(world, request);
  const purged = await fewAtOnce(keys, key => purgeOne(world, request, key, end));
  return json<'RefusedPurged'>(200, { purged: purged.filter(Boolean).length, cursor: next });
};

const toPurge = async (
  { refused }: RefusedWorld,
  { key, cursor }: PurgeRequest,
): Promise<{ keys: string[]; next: string | null }> => {
  if (key !== undefined) return { keys: [key], next: null };
  const keys: string[] = [];
  for await (const found of refused.all(cursor, purgedAtOnce + 1)) keys.push(found);
  const shown = keys.slice(0, purgedAtOnce);
  return { keys: shown, next: keys.length > purgedAtOnce ? shown.at(-1)! : null };
};

/**
 * True if its bytes existed until now. The bytes of a purged item are deleted again, since a crash may have
 * left some.
 */
const purgeOne = async (
  { refused }: RefusedWorld,
  { sender, before }: PurgeRequest,
  key: string,
  end: RefusedEnd,
): Promise<boolean> => {
  const item = await refused.get(key);
  // A damaged record does not name its files; they expire.
  if (!item || isUnreadable(item)) return false;
  const { record } = item;
  if (sender !== undefined && record.sender !== sender) return false;
  if (before !== undefined && record.filed_at >= before) return false;
  await refused.end(key, end, true);
  return !record.gone;
};
