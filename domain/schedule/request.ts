/** The body of a request that sets a schedule, and who may set it. */
import * as z from 'zod';
import type { Caller } from '#domain/access/caller.ts';
import { namedRequester } from '#domain/access/named-requester.ts';
import { formatMember } from '#domain/export/request.ts';
import {
  nameMember,
  type RequestProblem,
  reasonMember,
  requestProblem,
  shapeProblem,
  timeMember,
} from '#domain/request-shape.ts';
import { isTimeZone, nextDue, weekdays } from './recurrence.ts';
import type { Definition } from './schedule.ts';

const common = {
  at: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Expected a time of day as HH:MM'),
  time_zone: z
    .string()
    .max(64, 'Expected the name of a time zone, as Europe/Berlin')
    .refine(isTimeZone, 'Expected the name of a time zone, as Europe/Berlin')
    .meta({ minLength: 1 }),
  from: timeMember.optional(),
  requested_by: nameMember.optional(),
  reason: reasonMember.optional(),
  paused: z.boolean().default(false),
  format: formatMember,
  compression: z.literal('gzip').optional(),
};

export const scheduleRequestShape = z.discriminatedUnion('every', [
  z.strictObject({ every: z.literal('daily'), ...common }),
  z.strictObject({ every: z.literal('weekly'), on: z.enum(weekdays), ...common }),
  z.strictObject({ every: z.literal('monthly'), on: z.number().int().min(1).max(31), ...common }),
]);

/** Parses the body of `PUT …/schedules/{id}`, and decides whether this caller may set it. */
export const parseScheduleRequest = (
  body: unknown,
  caller: Caller,
): { definition: Definition } | { problem: RequestProblem } => {
  const parsed = scheduleRequestShape.safeParse(body);
  if (!parsed.success) return shapeProblem(parsed.error);
  const { requested_by, ...rest } = parsed.data;
  if (rest.from !== undefined && nextDue(rest, rest.from) === undefined)
    return requestProblem('invalid_request', 'The schedule would never run: give an earlier time', '/from');
  const named = namedRequester(caller, requested_by);
  if ('problem' in named) return named;
  const { requester: owner } = named;
  if (owner === undefined)
    return requestProblem(
      'requester_required',
      'Name the admin whose schedule it is in requested_by',
      '/requested_by',
    );
  if (caller.role === 'support' && rest.reason === undefined)
    return requestProblem('reason_required', 'Give the reason or the ticket in reason', '/reason');
  return { definition: { ...rest, requested_by: owner } as Definition };
};
