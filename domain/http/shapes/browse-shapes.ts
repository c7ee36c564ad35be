/** The shapes of looks into a log. */
import * as z from 'zod';
import { intervalNames } from '#domain/browse/histogram.ts';
import { eventSearchShape, histogramShape, valuesShape } from '#domain/browse/request.ts';
import { valueFields } from '#domain/browse/values.ts';
import { count, cursor, instant, orNull } from './basic-shapes.ts';

const json = z.unknown().meta({
  description: 'As it was sent, token for token; a string that holds its JSON text if `irregular` names it.',
});

const progress = {
  cursor,
  newer: orNull(z.string()).meta({
    description:
      'The cursor of what is filed from complete_to on: the events whose first copy is filed then. Null if nothing ' +
      'was ever filed.',
  }),
  complete_to: orNull(instant).meta({
    description:
      'Everything that was filed before is seen, and nothing else; null if nothing was ever filed.',
  }),
  scanned_to: orNull(instant).meta({
    description:
      'All copies of everything that occurred at or after this are decided, and nothing older is in this answer. ' +
      'What occurred at this very instant may go on in the next. Null if nothing is decided yet.',
  }),
  gaps: z
    .array(z.strictObject({ bucket: orNull(count), filed_at: instant, ended_at: orNull(instant) }))
    .meta({ description: 'What could not be filed and may be missing.' }),
};

const event = z.strictObject({
  action: z.string(),
  actor: json,
  target: json,
  payload: json,
  occurred_at: instant,
  metadata: json,
  id: z.guid(),
  version: z.number().int().min(1),
  scope: json,
  success: z.boolean(),
  request: json,
  irregular: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({ description: 'The members about whose JSON readers would differ.' }),
  received_at: instant,
  filed_at: instant,
  warnings: z.array(z.string()).min(1).optional().meta({
    description: 'The codes of what was said of the event when it was accepted.',
  }),
  current: z
    .strictObject({ version: z.number().int().min(2), payload: z.looseObject({}) })
    .optional()
    .meta({ description: 'The payload as the newest version of its action has it, if that is newer.' }),
});

export const browseShapes = {
  EventSearch: eventSearchShape,
  EventCount: histogramShape,
  ValueSearch: valuesShape,
  Event: event,
  Events: z
    .strictObject({ events: z.array(event), ...progress })
    .meta({ description: 'A page of events, the newest first; a page with a cursor may hold few, or none.' }),
  Histogram: z
    .strictObject({
      interval: z.enum(intervalNames),
      counts: z.array(z.strictObject({ from: instant, succeeded: count, failed: count })),
      ...progress,
    })
    .meta({
      description:
        'How many events occurred in each interval that has any, the newest first. The next page may go on with ' +
        'the last interval: add up what it says of it.',
    }),
  Values: z
    .strictObject({
      field: z.enum(valueFields),
      values: z.array(z.strictObject({ value: z.string(), events: count })),
      ...progress,
    })
    .meta({
      description: 'How many events have each value, the most frequent first; add up what pages say of it.',
    }),
} as const;
