/** The shapes that others are made of. */
import * as z from 'zod';
import { maxNameCharacters } from '#domain/event/name.ts';
import { problemCodes } from '#domain/http/problem.ts';
import { refusedCodes } from '#domain/refused/item.ts';

export const instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{9}Z$/)
  .meta({ description: 'An instant in UTC, with exactly nine fractional digits.' });
export const orNull = <T extends z.ZodType>(shape: T) => z.union([shape, z.null()]);
export const count = z.number().int().min(0);
export const name = z.string().min(1).max(maxNameCharacters);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const cursor = orNull(z.string()).meta({
  description: 'For the next page; null on the last page.',
});
export const unreadable = count.optional().meta({
  description: 'How many more there are whose records are damaged; the operational log names their files.',
});

export const problem = z
  .looseObject({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'The meaning of the code in short, always the same.' }),
    status: z.number().int().min(400).max(599),
    code: z.enum(problemCodes).meta({ description: 'For programs; docs/refusals.md says what each means.' }),
    detail: z.string().meta({ description: 'For people.' }),
    path: z.string().optional(),
    kept: z.boolean().optional().meta({
      description: 'Of a body of events that is refused as a whole: whether it is kept.',
    }),
  })
  .meta({ description: 'RFC 9457.' });
export const refusedCode = z.enum(refusedCodes as [string, ...string[]]);
export const refusal = z.strictObject({
  index: orNull(count).meta({
    description: 'null: the body as a whole, which cannot be divided into events.',
  }),
  code: refusedCode,
  path: z
    .string()
    .meta({ description: 'A JSON pointer within the event; for a missing member, where it should be.' }),
  message: z.string(),
  kept: z.boolean().meta({ description: 'Whether the operator can find it and send it again.' }),
});
