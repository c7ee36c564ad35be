/** What a caller sends with a redrive or a dismissal. */
import * as z from 'zod';
import { reasonMember } from '#domain/request-shape.ts';

export const gapRequestShape = z.strictObject({ reason: reasonMember.optional() });
/** A dismissal needs its reason; a missing one is a refusal of its own. */
export const gapDismissalShape = gapRequestShape.required();
