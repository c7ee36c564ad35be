/**
 * The operator's door to what could not be filed: see the gaps, put what they hide back on the stream, or dismiss them
 * with a reason. Who did so, and why, is recorded with the gap's end.
 */
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { systemBackoff } from '#aws/backoff.ts';
import { type ConfigurationOf, readEnvironment } from '#aws/environment.ts';
import { Gaps } from '#aws/gaps.ts';
import { requireInstallation } from '#aws/installation.ts';
import { Objects } from '#aws/objects.ts';
import { Stream } from '#aws/stream.ts';
import { Watermarks } from '#aws/watermarks.ts';
import { type Authorizer, type CallerRules, callerOf } from '#domain/caller.ts';
import { gapOfQuarantineKey, gapsOfOnFailure } from '#domain/gap.ts';
import { decodePathId, encodePathId } from '#domain/path-id.ts';
import type { Quarantined } from '#domain/redrive.ts';
import { instantOfMilliseconds } from '#domain/time.ts';
import { type Answer, json, problem, unknownParameter } from './answer.ts';
import { answering, lambda } from './handler.ts';
import { log } from './log.ts';
import { type RedriveWorld, redrive, settleRedrives } from './redrive.ts';

export type ManageWorld = RedriveWorld & { callers: CallerRules };

/** What this function reads of an HTTP API's event (payload format 2.0). */
export type ManageEvent = {
  routeKey: string;
  pathParameters?: Record<string, string | undefined> | undefined;
  queryStringParameters?: Record<string, string | undefined> | undefined;
  body?: string | undefined;
  isBase64Encoded: boolean;
  requestContext: { authorizer?: Authorizer };
};

const pageSize = 100;

export const manage =
  (world: ManageWorld) =>
  async (event: ManageEvent): Promise<Answer> => {
    const caller = callerOf(event.requestContext.authorizer, world.callers);
    if (caller?.role !== 'operator') return problem(403, 'forbidden', 'Gaps are for the operator');
    const parameters = event.queryStringParameters ?? {};
    const known = event.routeKey === 'GET /v1/gaps' ? ['cursor'] : [];
    const unknown = Object.keys(parameters).find(name => !known.includes(name));
    if (unknown !== undefined) return unknownParameter(unknown, known);
    const cause = decodePathId(event.pathParameters?.id ?? '');
    switch (event.routeKey) {
      case 'GET /v1/gaps':
        return list(world, parameters.cursor);
      case 'POST /v1/gaps/{id}/redrive':
        return withOpenGap(world, cause, event, false, (text, reason) =>
          putBack(world, cause!, text, caller.principal, reason),
        );
      case 'POST /v1/gaps/{id}/dismiss':
        return withOpenGap(world, cause, event, true, (_, reason) =>
          dismiss(world, cause!, caller.principal, reason!),
        );
      default:
        return problem(404, 'not_found', 'There is no such route');
    }
  };

/** The open gaps, a page at a time; what has been filed meanwhile is ended first, so that it is not among them. */
const list = async (world: ManageWorld, cursor: string | undefined): Promise<Answer> => {
  const after = cursor === undefined ? undefined : decodePathId(cursor);
  if (cursor !== undefined && after === undefined)
    return problem(400, 'invalid_cursor', 'The cursor is not one that a list has given');
  await settleRedrives(world);
  const causes: string[] = [];
  let isPast = after === undefined;
  for await (const cause of world.gaps.open()) {
    if (isPast) causes.push(cause);
    if (cause === after) isPast = true;
    if (causes.length > pageSize) break;
  }
  const shown = causes.slice(0, pageSize);
  return json(200, {
    gaps: await Promise.all(shown.map(cause => show(world, cause))),
    cursor: causes.length > pageSize ? encodePathId(shown.at(-1)!) : null,
  });
};

const show = async ({ gaps, buckets }: ManageWorld, cause: string) => {
  const text = (await gaps.read(cause)) ?? '';
  const redriven = await gaps.redriveOf(cause);
  const quarantined = gapOfQuarantineKey(cause);
  const hidden = quarantined
    ? [quarantined]
    : gapsOfOnFailure(cause, text, instantOfMilliseconds(0), buckets);
  const filed = hidden.map(({ filedAt }) => filedAt).sort();
  return {
    id: encodePathId(cause),
    cause,
    kind: quarantined ? 'quarantined' : 'given_up',
    reason: quarantined ? reasonOf(text) : 'The event source gave the records up',
    buckets: [...new Set(hidden.map(({ bucket }) => bucket ?? null))],
    records: hidden.length,
    filed_at: filed[0]!,
    redriven_at: redriven?.at ?? null,
  };
};

const reasonOf = (text: string): string => {
  try {
    return (JSON.parse(text) as Quarantined).reason;
  } catch {
    return 'What was put aside cannot be read';
  }
};

const bodyShape = z.strictObject({ reason: z.string().min(1).max(1024).optional() });

/** Reads the body, and refuses what is no gap or has ended. */
const withOpenGap = async (
  { gaps }: ManageWorld,
  cause: string | undefined,
  { body, isBase64Encoded }: ManageEvent,
  needsReason: boolean,
  act: (text: string, reason: string | null) => Promise<Answer>,
): Promise<Answer> => {
  let sent: unknown;
  try {
    sent = JSON.parse((isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString() : body) || '{}');
  } catch {
    return problem(400, 'invalid_json', 'The body is not JSON');
  }
  const parsed = bodyShape.safeParse(sent);
  if (!parsed.success)
    return problem(400, 'invalid_request', 'Expected {"reason": "…"}, of 1 to 1024 characters');
  const { reason = null } = parsed.data;
  if (needsReason && reason === null)
    return problem(400, 'reason_required', 'Say in reason why nothing is missing', { path: '/reason' });
  const text = cause === undefined ? undefined : await gaps.read(cause);
  if (cause === undefined || text === undefined)
    return problem(404, 'not_found', 'There is no gap of this id');
  const end = await gaps.endOf(cause);
  if (end)
    return problem(
      409,
      'gap_ended',
      `The gap has been ${end.how} by ${end.by}, and ended at ${end.ended_at}`,
    );
  return act(text, reason);
};

const putBack = async (
  world: ManageWorld,
  cause: string,
  text: string,
  by: string,
  reason: string | null,
): Promise<Answer> => {
  const earlier = await world.gaps.redriveOf(cause);
  const record = earlier ?? (await redrive(world, cause, text, by, reason));
  if ('fault' in record)
    return problem(409, 'not_redrivable', `${record.fault}; look at it, and dismiss it with a reason`);
  return json(202, {
    id: encodePathId(cause),
    redriven_at: record.at,
    records: record.positions.length,
    waiting_for: 'the log to be filed up to there; the gap ends then',
  });
};

const dismiss = async (
  { gaps, nowMs }: ManageWorld,
  cause: string,
  by: string,
  reason: string,
): Promise<Answer> => {
  await gaps.end(cause, { ended_at: instantOfMilliseconds(nowMs()), how: 'dismissed', by, reason });
  return json(200, { id: encodePathId(cause), ...(await gaps.endOf(cause)) });
};

export const openManage = (
  configuration: ConfigurationOf<'manage'>,
  { kinesis, s3 }: { kinesis: Pick<KinesisClient, 'send'>; s3: Pick<S3Client, 'send'> },
): ManageWorld => {
  const buckets = configuration.ANNALS_BUCKETS;
  const state = new Objects(s3, configuration.ANNALS_STATE, systemBackoff);
  return {
    buckets,
    stream: new Stream(kinesis, {
      streamName: configuration.ANNALS_STREAM,
      buckets,
      deadlineMs: putDeadlineMs,
      backoff: systemBackoff,
      nowMs: Date.now,
    }),
    gaps: new Gaps(state, buckets),
    watermarks: new Watermarks(state),
    nowMs: Date.now,
    log,
    callers: {
      supportRoles: configuration.ANNALS_SUPPORT_ROLES,
      operatorRoles: configuration.ANNALS_OPERATOR_ROLES,
      scopeClaim: undefined,
    },
  };
};

const putDeadlineMs = 10_000;

export const handler = answering(
  lambda(async () => {
    const configuration = readEnvironment('manage', process.env);
    const clients = { kinesis: new KinesisClient({}), s3: new S3Client({}) };
    await requireInstallation(
      new Objects(clients.s3, configuration.ANNALS_STATE, systemBackoff),
      configuration.ANNALS_BUCKETS,
    );
    return manage(openManage(configuration, clients));
  }),
);
