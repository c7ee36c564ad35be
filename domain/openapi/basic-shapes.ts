/** The shapes that others are made of. */
import * as z from 'zod';
import { maxNameCharacters } from '../name.ts';

export const instant = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{9}Z$/)
  .meta({ description: 'An instant in UTC, with exactly nine fractional digits.' });
export const orNull = <T extends z.ZodType>(shape: T) => z.union([shape, z.null()]);
export const count = z.number().int().min(0);
export const name = z.string().min(1).max(maxNameCharacters);
