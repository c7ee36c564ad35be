/**
 * The operator's routes for what could not be filed: list it, put it back on the stream, or dismiss it with a
 * reason.
 */
import { fewAtOnce } from '#aws/few-at-once.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import { type Caller, printIdentity } from '#domain/access/caller.ts';
import { gapOfQuarantineKey, gapsOfOnFailure, isCause, lostReason } from '#domain/archive/gap.ts';
import type { Quarantined } from '#domain/archive/redrive.ts';
import { gapRequestShape } from '#domain/http/gap-request.ts';
import { decodePathId, encodePathId } from '#domain/http/path-id.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { closeRedrivenGaps, type RedriveWorld, redrive } from '#functions/workflows/redrive-gap.ts';
import { type Answer, badCursor, json, problem } from './answer.ts';
import { type ApiEvent, parseBody } from './request.ts';

const pageSize = 100;

export const manageGaps = (world: RedriveWorld, caller: Caller, event: ApiEvent): Promise<Answer> => {
  const cause = decodePathId(event.pathParameters?.id ?? '');
  switch (event.routeKey) {
    case 'GET /v1/gaps':
      return list(world, event.queryStringParameters?.cursor);
    case 'POST /v1/gaps/{id}/redrive':
      return withOpenGap(world, cause, event, false, (text, reason) =>
        putBack(world, cause!, text, printIdentity(caller), reason),
      );
    default:
      return withOpenGap(world, cause, event, true, (_, reason) =>
        dismiss(world, cause!, printIdentity(caller), reason!),
      );
  }
};

/** The open gaps, a page at a time; what has been filed meanwhile is ended first, so that it is not among them. */
const list = async (world: RedriveWorld, cursor: string | undefined): Promise<Answer> => {
  const after = cursor === undefined ? undefined : decodePathId(cursor);
  if (cursor !== undefined && (after === undefined || !isCause(after))) return badCursor();
  await closeRedrivenGaps(world);
  const causes: string[] = [];
  for await (const cause of world.gaps.open(after)) {
    causes.push(cause);
    if (causes.length > pageSize) break;
  }
  const shown = causes.slice(0, pageSize);
  return json(200, {
    gaps: await fewAtOnce(shown, cause => show(world, cause)),
    cursor: causes.length > pageSize ? encodePathId(shown.at(-1)!) : null,
  });
};

const show = async ({ gaps, buckets }: RedriveWorld, cause: string) => {
  const text = (await gaps.read(cause)) ?? '';
  const redriven = await orUnreadable(gaps.redriveOf(cause));
  const quarantined = gapOfQuarantineKey(cause);
  const hidden = quarantined
    ? [quarantined]
    : gapsOfOnFailure(cause, text, instantOfMilliseconds(0), buckets);
  const filed = hidden.map(({ filedAt }) => filedAt).sort();
  return {
    id: encodePathId(cause),
    cause,
    ...kindOf(text, quarantined !== undefined),
    buckets: [...new Set(hidden.map(({ bucket }) => bucket ?? null))],
    records: lostReason(text) === undefined ? hidden.length : 0,
    filed_at: filed[0]!,
    redriven_at: redriven && !isUnreadable(redriven) ? redriven.at : null,
  };
};

const kindOf = (text: string, isQuarantined: boolean): { kind: string; reason: string } => {
  if (isQuarantined) return { kind: 'quarantined', reason: reasonOf(text) };
  const lost = lostReason(text);
  return lost === undefined
    ? { kind: 'given_up', reason: 'The event source gave the records up' }
    : { kind: 'lost', reason: lost };
};

const unreadable = 'What was put aside cannot be read';

const reasonOf = (text: string): string => {
  try {
    return (JSON.parse(text) as Partial<Quarantined>).reason ?? unreadable;
  } catch {
    return unreadable;
  }
};

/** Reads the body, and refuses what is no gap or has ended. */
const withOpenGap = async (
  { gaps }: RedriveWorld,
  cause: string | undefined,
  event: ApiEvent,
  needsReason: boolean,
  act: (text: string, reason: string | null) => Promise<Answer>,
): Promise<Answer> => {
  const request = parseBody(event, gapRequestShape);
  if ('problem' in request) return request.problem;
  const { reason = null } = request.value;
  if (needsReason && reason === null)
    return problem('reason_required', 'Say in reason why nothing is missing', { path: '/reason' });
  const end = cause === undefined ? undefined : await gaps.endOf(cause);
  if (end)
    return problem('gap_ended', `The gap has been ${end.how} by ${end.by}, and ended at ${end.ended_at}`);
  const text = cause === undefined ? undefined : await gaps.read(cause);
  if (text === undefined) return problem('not_found', 'There is no gap of this id');
  return act(text, reason);
};

const putBack = async (
  world: RedriveWorld,
  cause: string,
  text: string,
  by: string,
  reason: string | null,
): Promise<Answer> => {
  const earlier = await orUnreadable(world.gaps.redriveOf(cause));
  const record =
    (isUnreadable(earlier) ? undefined : earlier) ?? (await redrive(world, cause, text, by, reason));
  if ('fault' in record)
    return problem('not_redrivable', `${record.fault}; look at it, and dismiss it with a reason`);
  return json(202, {
    id: encodePathId(cause),
    redriven_at: record.at,
    records: record.positions.length,
    waiting_for: 'the log to be filed up to there; the gap ends then',
  });
};

const dismiss = async (
  { gaps, nowMs }: RedriveWorld,
  cause: string,
  by: string,
  reason: string,
): Promise<Answer> => {
  await gaps.end(cause, { ended_at: instantOfMilliseconds(nowMs()), how: 'dismissed', by, reason });
  return json(200, { id: encodePathId(cause), ...(await gaps.endOf(cause)) });
};
