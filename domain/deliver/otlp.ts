/**
 * Logs of OpenTelemetry over HTTP, as JSON, at `/v1/logs`.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
import { nanosecondsOf } from '#domain/time.ts';
import { type BatchForm, objectOf, unexpectedAnswer } from './batch-form.ts';
import { verdictOfStatus } from './https-answer.ts';

const start =
  '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"annals"}}]},' +
  '"scopeLogs":[{"scope":{"name":"annals"},"logRecords":[';
const end = ']}]}]}';

/** INFO, in the log data model of OpenTelemetry. */
const severityNumber = 9;

export const otlpForm: BatchForm = {
  contentType: 'application/json',
  maxEntries: 1000,
  // Collectors take 4 MiB and more; some vendors 1 MB.
  maxBytes: 1_000_000,
  maxEntryBytes: Number.POSITIVE_INFINITY,
  entry: ({ text, event }) => ({
    text: JSON.stringify({
      ...(event && { timeUnixNano: unixNanoseconds(event.occurredAt) }),
      severityNumber,
      severityText: 'INFO',
      body: { stringValue: text.trimEnd() },
      ...(event && { attributes: [{ key: 'log.record.uid', value: { stringValue: event.id } }] }),
    }),
  }),
  body: entries => `${start}${entries.join(',')}${end}`,
  verdict: (answer, nowMs) => {
    const verdict = verdictOfStatus(answer, nowMs);
    if (verdict.kind !== 'taken' || answer.body.trim() === '') return verdict;
    const told = objectOf(answer);
    if (told === undefined) return unexpectedAnswer(answer.status);
    const { partialSuccess } = told as { partialSuccess?: { rejectedLogRecords?: unknown } | null };
    // An int64 is a string in the JSON of Protobuf; some receivers write a number.
    const isPartial = Number(partialSuccess?.rejectedLogRecords ?? 0) > 0;
    return isPartial ? { kind: 'refused', status: answer.status, isPartial } : verdict;
  },
};

/** Unsigned: what happened before 1970 has no time there, which is written as 0. */
const unixNanoseconds = (instant: string): string => {
  const nanoseconds = nanosecondsOf(instant);
  return String(nanoseconds > 0n ? nanoseconds : 0n);
};
