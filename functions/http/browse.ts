/**
 * The routes that look into a log: its events, how many there are per interval, which values they have. An admin
 * looks into their own scope's log, the operator into any; a look into all is recorded before it is answered.
 */
import { v7 } from 'uuid';
import type { AdminDirectory } from '#aws/admin-directory.ts';
import type { SelfAudit } from '#aws/self-audit.ts';
import type { CallerRules } from '#domain/access/caller.ts';
import { actorOf } from '#domain/access/self-audit-event.ts';
import { type CurrentForm, printEvent } from '#domain/browse/event-json.ts';
import { Histogram } from '#domain/browse/histogram.ts';
import {
  defaultPage,
  eventSearchShape,
  histogramShape,
  type LogSelection,
  membersOfQuery,
  parseBrowseRequest,
  valuesShape,
} from '#domain/browse/request.ts';
import { Values } from '#domain/browse/values.ts';
import type { Catalogue } from '#domain/catalogue/catalogue.ts';
import { columnOfField } from '#domain/filter/filter.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { errorFacts } from '#functions/runtime/log.ts';
import { browseLog, type Question } from '#functions/workflows/browse-log.ts';
import type { BrowseWorld } from '#functions/workflows/browse-world.ts';
import { type Answer, badCursor, json, jsonText, refuseRequest } from './answer.ts';
import { bodyOf, viaOf } from './request.ts';
import type { Call } from './router.ts';

export type BrowseApiWorld = BrowseWorld & {
  catalogue: Pick<Catalogue, 'currentForm'>;
  selfAudit: Pick<SelfAudit, 'record'>;
  adminDirectory: AdminDirectory;
  callers: CallerRules;
};

/** A page ends before its events have as many bytes, with at least one event if there is any. */
export const maxPageBytes = 4 * 1024 * 1024 - 64 * 1024;
/** How many events one walk keeps in memory. */
const keptEvents = 50_000;
const keptBytes = 32 * 1024 * 1024;
/** Counts want all events: what is dropped is read twice. */
const countedSlack = 1.125;

type Handler = (world: BrowseApiWorld, call: Call) => Promise<Answer>;
type Find = (world: BrowseApiWorld, call: Call, asked: unknown) => Promise<Answer>;

/** What is asked stands in the query. */
export const byQuery =
  (find: Find): Handler =>
  (world, call) =>
    find(world, call, membersOfQuery(call.event.queryStringParameters ?? {}));

/** What is asked stands in the body, and so in no log of URLs. */
export const byBody =
  (find: Find): Handler =>
  async (world, call) => {
    const body = bodyOf(call.event);
    return 'problem' in body ? body.problem : find(world, call, body.json);
  };

export const findEvents: Find = async (world, call, asked) => {
  const parsed = parseBrowseRequest(eventSearchShape, asked, call.caller);
  if ('problem' in parsed) return refuseRequest(parsed.problem);
  const { selection, members } = parsed;
  const limit = members.limit ?? defaultPage;
  const currentForm = currentFormOf(world);
  const events: string[] = [];
  let bytes = 0;
  await recordLook(world, call, selection);
  const progress = await browseLog(world, {
    selection,
    what: 'events',
    columns: [],
    limits: { matches: limit, bytes: maxPageBytes, events: keptEvents },
    take: async ({ row }) => {
      const text = printEvent(await row.whole(), currentForm);
      bytes += Buffer.byteLength(text) + 1;
      if (events.length > 0 && (events.length === limit || bytes > maxPageBytes)) return false;
      events.push(text);
      return true;
    },
    isFull: () => events.length === limit || bytes > maxPageBytes,
  });
  if (!progress) return badCursor();
  // The events are written as they are, since a parser would change their tokens.
  return jsonText<'Events'>(200, `{"events":[${events.join(',')}],${JSON.stringify(progress).slice(1)}`);
};

export const countEvents: Find = async (world, call, asked) => {
  const parsed = parseBrowseRequest(histogramShape, asked, call.caller);
  if ('problem' in parsed) return refuseRequest(parsed.problem);
  const { selection, members } = parsed;
  const { interval } = members;
  const histogram = new Histogram(interval);
  await recordLook(world, call, selection);
  const progress = await browseLog(world, {
    ...counting(selection, `histogram ${interval}`, () => histogram.isFull),
    columns: ['success'],
    take: ({ key, row }) => histogram.add(key.occurredAt, row.cells.success === true),
  });
  return progress
    ? json<'Histogram'>(200, { interval, counts: histogram.counts(), ...progress })
    : badCursor();
};

export const listValues: Find = async (world, call, asked) => {
  const parsed = parseBrowseRequest(valuesShape, asked, call.caller);
  if ('problem' in parsed) return refuseRequest(parsed.problem);
  const { selection, members } = parsed;
  const { field } = members;
  const values = new Values(field);
  await recordLook(world, call, selection);
  const progress = await browseLog(world, {
    ...counting(selection, `values ${field}`, () => values.isFull),
    columns: [columnOfField[field]],
    take: ({ row }) => values.add(row.cells),
  });
  return progress ? json<'Values'>(200, { field, values: values.counts(), ...progress }) : badCursor();
};

/** A question whose answer is counts: it takes as many events as it can. */
const counting = (
  selection: LogSelection,
  what: string,
  isFull: () => boolean,
): Omit<Question, 'take' | 'columns'> => ({
  selection,
  what,
  limits: { matches: keptEvents, bytes: keptBytes, events: keptEvents, slack: countedSlack },
  isFull,
});

/** Throws `NotRecorded` if the log does not take the record: then nothing may be shown. */
const recordLook = async (
  { selfAudit, nowMs }: BrowseApiWorld,
  { caller, event }: Call,
  { scopeId, reason, from, to }: LogSelection,
): Promise<void> => {
  if (scopeId !== undefined) return;
  await selfAudit.record({
    action: 'events.browse',
    id: v7(),
    at: instantOfMilliseconds(nowMs()),
    actor: actorOf(caller),
    target: { id: 'all', type: 'log' },
    scopeId: undefined,
    success: true,
    payload: { reason, from: from ?? null, to: to ?? null },
    via: viaOf(event),
  });
};

/** What a company wrote for its own events must not keep a page from anybody. */
const currentFormOf =
  ({ catalogue, log }: BrowseApiWorld): CurrentForm =>
  (action, version, payload) => {
    try {
      return catalogue.currentForm(action, version, payload);
    } catch (error) {
      log('warn', 'The newer form of an event could not be made', { action, version, ...errorFacts(error) });
      return undefined;
    }
  };
