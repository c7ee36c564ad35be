/**
 * The log intake of Datadog: a JSON array at `/api/v2/logs`, of at most 1,000 entries, 1 MB an entry and 5 MB in all.
 * A log that is older than 18 hours is dropped there.
 * https://docs.datadoghq.com/api/latest/logs/#send-logs
 */
import type { BatchForm } from './batch-form.ts';
import { verdictOfStatus } from './https-answer.ts';

const maxAgeMs = 18 * 3_600_000;

export const datadogForm: BatchForm = {
  contentType: 'application/json',
  maxEntries: 1000,
  maxBytes: 5_000_000,
  maxEntryBytes: 1_000_000,
  entry: ({ text, event }, nowMs) => {
    const entry = { ddsource: 'annals', service: 'annals', message: text.trimEnd() };
    const timestamp = event ? Date.parse(`${event.occurredAt.slice(0, 23)}Z`) : nowMs;
    // Without a timestamp it has the time at which it comes; its own stays in the message.
    if (timestamp < nowMs - maxAgeMs) return { text: JSON.stringify(entry), isRetimed: true };
    return { text: JSON.stringify({ ...entry, timestamp }) };
  },
  body: entries => `[${entries.join(',')}]`,
  verdict: verdictOfStatus,
};
