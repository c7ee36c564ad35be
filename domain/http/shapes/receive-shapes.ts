/** The shapes of events and CloudEvents as they are sent, and of the answers to them. */
import * as z from 'zod';
import { actionGrammar, maxActionCharacters } from '#domain/event/event.ts';
import { maxVersion } from '#domain/event/structure.ts';
import { warningCodes } from '#domain/event/warning.ts';
import { maxRequestEvents } from '#domain/receive/limits.ts';
import { count, instant, name, orNull, problem, refusal } from './basic-shapes.ts';

const party = z
  .looseObject({ id: z.string().min(1), type: name, name: z.string().optional() })
  .meta({ description: 'Other members are kept, and a name of any form.' });
const scope = z
  .looseObject({ id: name, type: name, name: z.string().optional() })
  .meta({ description: 'The account that owns the target. No customer sees an event without.' });
const textMap = z
  .record(z.string(), z.string())
  .meta({ description: 'A value that is not a string is kept as its JSON text, with a warning.' });

const event = z
  .strictObject({
    action: z
      .string()
      .max(maxActionCharacters)
      .regex(actionGrammar)
      .meta({ description: 'The action taken: the entity first and the action last.' }),
    actor: party,
    target: party,
    success: z.boolean(),
    payload: orNull(z.looseObject({})).optional().meta({
      description: 'What `GET /v1/schemas` has for the action and the version; further members are kept.',
    }),
    occurred_at: orNull(z.string())
      .optional()
      .meta({
        description:
          'RFC 3339, 0 to 9 fractional digits. Required beside an id; stamped where both are absent.',
        examples: ['2017-12-21T13:50:54.474Z'],
      }),
    metadata: orNull(textMap).optional(),
    id: orNull(z.union([z.guid(), z.string().min(1), z.number().int()]))
      .optional()
      .meta({
        description:
          'With `occurred_at`, it makes a retry the same event. If it is not a UUID, one is derived from it.',
      }),
    version: orNull(z.number().int().min(1).max(maxVersion))
      .optional()
      .meta({ description: "Of the payload's schema; 1 where it is absent." }),
    scope: orNull(scope).optional(),
    request: orNull(
      z.looseObject({
        id: z.string().optional(),
        ip_address: z.string().optional(),
        client_trace_id: z.string().optional(),
      }),
    )
      .optional()
      .meta({
        description: [
          'The external request that caused the event, kept as sent. null: there was none. Absent: the request that',
          'brings the event is stamped, unless `stamp_request` is false.',
        ].join(' '),
      }),
  })
  .meta({
    description: [
      'An audit event as its emitter sends it. It is refused for its structure alone: descriptive text is kept as',
      'sent, or repaired with a warning (docs/refusals.md).',
    ].join(' '),
  });

const cloudEvent = z
  .looseObject({
    specversion: z.literal('1.0'),
    id: z.string().min(1),
    source: z.string().min(1),
    type: z.string(),
    time: z.string(),
  })
  .meta({ description: 'CloudEvents 1.0, as docs/cloudevents.md maps it.' });

const warning = z.strictObject({
  code: z.enum(Object.keys(warningCodes) as [string, ...string[]]).meta({
    description: 'An event has at most one of each code; docs/refusals.md says what each means.',
  }),
  path: z.string().meta({ description: 'A JSON pointer within the event, to the first place.' }),
  message: z.string(),
  count: z.number().int().min(2).optional().meta({ description: 'How many places there are.' }),
});
const accepted = z.strictObject({
  index: count,
  id: z.guid(),
  sent_id: z.string().optional().meta({ description: 'The id that was sent, if it is not a UUID.' }),
  occurred_at: instant,
  received_at: instant,
  catalogued: z
    .literal(false)
    .optional()
    .meta({ description: 'There, and false, where the catalogue does not have the action or the version.' }),
  warnings: z.array(warning).min(1).optional(),
});
const notStoredList = z
  .array(
    z.strictObject({
      index: orNull(count),
      id: z.guid().optional(),
      occurred_at: instant.optional(),
    }),
  )
  .meta({
    description:
      'What to send again, with id and time; with refused=keep also refused events that are not kept, without them.',
  });
const leftOut = count
  .optional()
  .meta({ description: 'How many warnings are not told, since the answer would be too large.' });
const received = z.strictObject({
  accepted: count,
  events: z.array(accepted).meta({ description: 'In the order of the input.' }),
  rejected: z.array(refusal),
  not_stored: notStoredList.optional(),
  warnings_left_out: leftOut,
});

const noValidEvent = problem.extend({
  code: z.literal('no_valid_event'),
  accepted: z.literal(0),
  events: z.array(accepted).max(0),
  rejected: z.array(refusal),
  not_stored: notStoredList.optional(),
});
const notStored = problem.extend({
  accepted: count.optional(),
  events: z.array(accepted).optional(),
  rejected: z.array(refusal).optional(),
  warnings_left_out: leftOut,
  not_stored: notStoredList.optional().meta({ description: 'Absent if nothing was looked at.' }),
});

export const receiveShapes = {
  SentEvent: event,
  SentEvents: z.union([event, z.array(event).min(1).max(maxRequestEvents)]),
  CloudEvent: cloudEvent,
  CloudEvents: z.array(cloudEvent).min(1).max(maxRequestEvents),
  Lines: z.string().meta({ description: 'One event a line.' }),
  Received: received,
  NoValidEvent: noValidEvent,
  NotStored: notStored,
} as const;
