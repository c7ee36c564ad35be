/**
 * How lines become the body of an HTTPS request, and what the answer means: as each preset has it. A line stands in
 * its wrapper with the tokens that it has.
 */
import type { BatchVerdict, HttpsAnswer } from './https-answer.ts';
import type { DeliveredEvent } from './sender.ts';

/** A line with its newline, and the event that it is of; a manifest is of none. */
export type BatchLine = { text: string; event: DeliveredEvent | undefined };

export type Entry = {
  text: string;
  /** The receiver would drop it for its age, so it goes with the time of its delivery. */
  isRetimed?: boolean;
};

export type BatchForm = {
  contentType: string;
  /** Of one request, before it is compressed. */
  maxEntries: number;
  maxBytes: number;
  maxEntryBytes: number;
  entry(line: BatchLine, nowMs: number): Entry;
  body(entries: readonly string[]): string;
  verdict(answer: HttpsAnswer, nowMs: number): BatchVerdict;
};

export const unexpectedAnswer = (status: number): BatchVerdict => ({
  kind: 'failed',
  code: 'unexpected_answer',
  status,
});

/** The JSON object that an answer holds; undefined if it holds none. */
export const objectOf = ({ body }: HttpsAnswer): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};
