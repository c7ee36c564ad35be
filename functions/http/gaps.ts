/** The operator's routes for gaps: list them, redrive them, or dismiss them with a reason. */
import { fewAtOnce } from '#aws/few-at-once.ts';
import { isUnreadable, orUnreadable } from '#aws/state/record.ts';
import { printIdentity } from '#domain/access/caller.ts';
import { gapOfQuarantineKey, gapsOfOnFailure, isCause, lostReason } from '#domain/archive/gap.ts';
import type { Quarantined } from '#domain/archive/redrive.ts';
import { gapRequestShape } from '#domain/http/gap-request.ts';
import { decodePathId, encodePathId } from '#domain/http/path-id.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { advanceRedrives, type RedriveWorld, redrive } from '#functions/workflows/redrive-gap.ts';
import { type Answer, badCursor, json, problem } from './answer.ts';
import { parseBody } from './request.ts';
import type { Call } from './router.ts';

const pageSize = 100;

/** Lists the open gaps, a page at a time. It first ends those whose records have been filed meanwhile. */
export const listGaps = async (world: RedriveWorld, { event }: Call): Promise<Answer> => {
  const cursor = event.queryStringParameters?.cursor;
  const after = cursor === undefined ? undefined : decodePathId(cursor);
  if (cursor !== undefined && (after === undefined || !isCause(after))) return badCursor();
  await advanceRedrives(world);
  const causes: string[] = [];
  for await (const cause of world.gaps.open(after)) {
    causes.push(cause);
    if (causes.length > pageSize) break;
  }
  const shown = causes.slice(0, pageSize);
  return json<'Gaps'>(200, {
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

const kindOf = (
  text: string,
  isQuarantined: boolean,
): { kind: 'quarantined' | 'given_up' | 'lost'; reason: string } => {
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

type OpenGap = { cause: string; text: string; reason: string | null };

/** The open gap in the path and the reason in the body; or the answer if there is no such gap. */
const findOpenGap = async (
  { gaps }: RedriveWorld,
  { event }: Call,
  needsReason: boolean,
): Promise<OpenGap | Answer> => {
  const request = parseBody(event, gapRequestShape);
  if ('problem' in request) return request.problem;
  const { reason = null } = request.value;
  if (needsReason && reason === null)
    return problem('reason_required', 'Say in reason why no data is missing', { path: '/reason' });
  const cause = decodePathId(event.pathParameters?.id ?? '');
  if (cause === undefined) return noSuchGap();
  const end = await gaps.endOf(cause);
  if (end)
    return problem('gap_ended', `The gap has been ${end.how} by ${end.by}, and ended at ${end.ended_at}`);
  const text = await gaps.read(cause);
  return text === undefined ? noSuchGap() : { cause, text, reason };
};

const noSuchGap = (): Answer => problem('not_found', 'There is no gap of this id');

/** Puts the records of a gap back on the stream, once, however often it is called. */
export const redriveGap = async (world: RedriveWorld, call: Call): Promise<Answer> => {
  const gap = await findOpenGap(world, call, false);
  if ('statusCode' in gap) return gap;
  const { cause, text, reason } = gap;
  const earlier = await orUnreadable(world.gaps.redriveOf(cause));
  const record =
    (isUnreadable(earlier) ? undefined : earlier) ??
    (await redrive(world, cause, text, { by: printIdentity(call.caller), reason }));
  if ('fault' in record)
    return problem('not_redrivable', `${record.fault}; look at it, and dismiss it with a reason`);
  return json<'Redriven'>(202, {
    id: encodePathId(cause),
    redriven_at: record.at,
    records: record.positions.length,
    waiting_for: 'the log to be filed up to there; the gap ends then',
  });
};

export const dismissGap = async (world: RedriveWorld, call: Call): Promise<Answer> => {
  const gap = await findOpenGap(world, call, true);
  if ('statusCode' in gap) return gap;
  const { cause, reason } = gap;
  const { gaps, nowMs } = world;
  const by = printIdentity(call.caller);
  await gaps.end(cause, { ended_at: instantOfMilliseconds(nowMs()), how: 'dismissed', by, reason });
  const { ended_at, how, ...end } = (await gaps.endOf(cause))!;
  return json<'GapEnd'>(200, { id: encodePathId(cause), ended_at, how, ...end });
};
