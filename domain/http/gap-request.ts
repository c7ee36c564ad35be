/** The body of a redrive or a dismissal. */
import * as z from 'zod';
import { reasonMember } from '#domain/request-shape.ts';

export const gapRequestShape = z.strictObject({ reason: reasonMember.optional() });
/** A dismissal needs a reason; a missing one is refused with its own code. */
export const gapDismissalShape = gapRequestShape.required();
