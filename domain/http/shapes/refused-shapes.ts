/** The shapes of the routes for refused items. */
import * as z from 'zod';
import { purgeShape, refusedDismissalShape, resendShape } from '#domain/refused/request.ts';
import {
  count,
  cursor,
  instant,
  orNull,
  problem,
  refusal,
  refusedCode,
  sha256,
  unreadable,
} from './basic-shapes.ts';

const refusedItem = z.strictObject({
  key: sha256,
  sha256: sha256.meta({ description: 'Of its bytes.' }),
  code: refusedCode,
  path: orNull(z.string()).meta({ description: 'null, once its bytes are deleted.' }),
  sender: z.string(),
  scope_id: orNull(z.string()).meta({ description: 'If it could be read.' }),
  occurred_at: orNull(instant).meta({ description: 'If it could be read.' }),
  received_at: orNull(instant).meta({ description: 'When it came first; null, once its bytes are deleted.' }),
  filed_at: instant,
  bytes: count,
  parts: count,
  repeats: count.meta({ description: 'How often the same came again.' }),
  kept: z.enum(['whole', 'incomplete', 'too_large', 'deleted']).meta({
    description:
      'whole: it can be resent; incomplete: a part is missing; too_large: only its size and hash are kept.',
  }),
  end: orNull(
    z.strictObject({
      how: z.enum(['resent', 'dismissed', 'purged', 'expired']),
      at: instant,
      by: z.string(),
      reason: orNull(z.string()),
    }),
  ).meta({ description: 'null: it is open.' }),
});

export const refusedShapes = {
  RefusedItems: z.strictObject({ items: z.array(refusedItem), unreadable, cursor }),
  RefusedSummary: refusedItem,
  RefusedItem: refusedItem.extend({
    content_type: orNull(z.string()),
    content_encoding: orNull(z.string()).meta({ description: 'Of the bytes, if they are not inflated.' }),
    base64: orNull(z.string()).meta({ description: 'The bytes as they came; null, if they are not there.' }),
  }),
  RefusedResend: resendShape,
  RefusedResent: z.strictObject({
    key: sha256,
    events: z.array(z.strictObject({ index: count, id: z.guid(), occurred_at: instant })).min(1),
    mended: z.boolean(),
    end: refusedItem.shape.end,
  }),
  RefusedDismissal: refusedDismissalShape,
  RefusedPurge: purgeShape,
  RefusedPurged: z.strictObject({
    purged: count,
    cursor: cursor.meta({ description: 'For the next request; null if nothing is left.' }),
  }),
  ResendRefused: problem.extend({
    code: z.literal('refused_again'),
    rejected: z.array(refusal.omit({ kept: true })),
  }),
} as const;
