/** The shapes of deliveries. */
import * as z from 'zod';
import { deliveryFaultCodes, presets } from '#domain/deliver/destination.ts';
import { deliveryFormats } from '#domain/deliver/form.ts';
import { deliveryStates } from '#domain/deliver/progress.ts';
import { deliveryRequestShape, replayRequestShape } from '#domain/deliver/request.ts';
import { reasonMember } from '#domain/request-shape.ts';
import { count, cursor, instant, orNull, sha256, unreadable } from './basic-shapes.ts';

const destination = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('directory'), path: z.string() }),
  z.strictObject({
    type: z.literal('s3'),
    bucket: z.string(),
    prefix: z.string().optional(),
    region: z.string(),
    role_arn: z.string(),
  }),
  z.strictObject({
    type: z.literal('https'),
    url: z.string().meta({ description: 'Without userinfo and query, which may be secret.' }),
    preset: z.enum(presets).optional(),
    header_names: z.array(z.string()).readonly().optional(),
    live_secrets: z.number().int().min(0).max(2).optional().meta({
      description: 'How many secrets sign each request: two while one is rotated.',
    }),
  }),
]);

const fault = {
  code: z.enum(deliveryFaultCodes).meta({ description: 'docs/delivery.md says what each means.' }),
  status: orNull(z.number().int()),
  at: instant,
  meaning: z.string(),
  cure: z.string(),
};

const delivery = z.strictObject({
  id: z.string(),
  scope_id: z.string(),
  destination,
  format: z.enum(deliveryFormats),
  form_version: z.number().int().min(1),
  filter: orNull(z.strictObject({ action: z.array(z.string()).readonly() })),
  from: instant,
  paused: z.boolean(),
  requested_by: orNull(z.string()),
  reason: orNull(z.string()),
  external_id: orNull(z.string()).meta({
    description: 'What the trust policy of the role has to demand; null unless the destination is S3.',
  }),
  principal: orNull(z.string()).meta({
    description: 'Whom the trust policy of the role has to allow; null unless the destination is S3.',
  }),
  created_at: instant,
  changed_at: instant,
  state: z.enum(deliveryStates),
  stopped: orNull(z.strictObject(fault)),
  health: z.strictObject({
    delivered_to: instant.meta({ description: 'Everything that was filed before is delivered.' }),
    runs: count,
    rows: count,
    ledger_lag_seconds: orNull(count),
    delivery_lag_seconds: orNull(count),
    tested_at: orNull(instant),
    last_manifest: orNull(z.strictObject({ run: count, sha256, at: instant })),
    failing: orNull(z.strictObject({ since: instant, attempts: count, next_attempt_at: instant, ...fault })),
    errors: z.array(z.strictObject(fault)),
    undelivered: z.strictObject({
      count,
      newest: z.array(z.strictObject({ id: z.string(), occurred_at: instant, run: count, ...fault })),
    }),
  }),
});

const estimate = z
  .strictObject({
    dry_run: z.literal(true),
    from: orNull(instant),
    complete_to: orNull(instant),
    rows: count,
    bytes: count,
    at_least: z.boolean(),
    needs_confirmation: z.boolean(),
  })
  .meta({
    description:
      'What was filed since from, before complete_to, with copies and with what the filter leaves out. With ' +
      'at_least, not all of it could be counted. With needs_confirmation, confirmed_from has to repeat from.',
  });

const reasonShape = z.strictObject({ reason: reasonMember.optional() });

export const deliveryShapes = {
  DeliveryRequest: deliveryRequestShape,
  DeliveryReason: reasonShape,
  ReplayRequest: replayRequestShape,
  Delivery: delivery,
  DeliveryEstimate: estimate,
  DeliveryChange: z.union([delivery, estimate]),
  Deliveries: z.strictObject({ deliveries: z.array(delivery), unreadable, cursor }),
  DeliveryTest: z.strictObject({
    ok: z.boolean(),
    at: instant,
    code: orNull(z.enum(deliveryFaultCodes)),
    status: orNull(z.number().int()),
    meaning: orNull(z.string()),
    cure: orNull(z.string()),
  }),
  Replay: z.strictObject({ id: z.guid(), first_run: count, last_run: count }),
};
