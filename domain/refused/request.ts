/** What the operator sends about refused items. */
import * as z from 'zod';
import { maxRequestBytes, maxSenderCharacters } from '#domain/receive/limits.ts';
import { reasonMember, timeMember } from '#domain/request-shape.ts';

const reason = reasonMember.optional();

/** A mended item is sent in place of the original: as text, or as base64 of its bytes. */
export const resendShape = z
  .strictObject({
    mended: z.string().min(1).max(maxRequestBytes).optional(),
    mended_base64: z.base64().min(4).optional(),
    reason,
  })
  .refine(({ mended, mended_base64 }) => mended === undefined || mended_base64 === undefined, {
    path: ['mended_base64'],
    message: 'Expected either mended or mended_base64, got both',
  });
export type ResendRequest = z.output<typeof resendShape>;

export const refusedDismissalShape = z.strictObject({ reason: reasonMember });

const keyMember = z.string().regex(/^[0-9a-f]{64}$/, 'Expected the key of an item: 64 hex digits');

/** `before` is about when an item was filed. */
export const purgeShape = z
  .strictObject({
    sender: z.string().min(1).max(maxSenderCharacters).optional(),
    before: timeMember.optional(),
    key: keyMember.optional(),
    reason: reasonMember,
    cursor: keyMember.optional(),
  })
  .refine(({ sender, before, key }) => [sender, before, key].filter(is => is !== undefined).length === 1, {
    path: [],
    message: 'Expected one of sender, before and key',
  });
export type PurgeRequest = z.output<typeof purgeShape>;
