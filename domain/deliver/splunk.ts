/**
 * The HTTP Event Collector of Splunk: JSON objects one after the other, at `/services/collector/event`.
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/FormateventsforHTTPEventCollector
 */
import { type BatchForm, objectOf, unexpectedAnswer } from './batch-form.ts';
import { verdictOfStatus } from './https-answer.ts';

export const splunkForm: BatchForm = {
  contentType: 'application/json',
  maxEntries: 1000,
  // Splunk Cloud recommends to stay below 1 MB.
  maxBytes: 1_000_000,
  maxEntryBytes: Number.POSITIVE_INFINITY,
  entry: ({ text, event }) => {
    const time = event
      ? `"time":${(Date.parse(`${event.occurredAt.slice(0, 23)}Z`) / 1000).toFixed(3)},`
      : '';
    const type = event ? 'annals:event' : 'annals:manifest';
    return { text: `{${time}"source":"annals","sourcetype":"${type}","event":${text.trimEnd()}}\n` };
  },
  body: entries => entries.join(''),
  verdict: (answer, nowMs) => {
    const verdict = verdictOfStatus(answer, nowMs);
    if (verdict.kind !== 'taken') return verdict;
    // Another server, such as a login page, answers 200 too.
    return objectOf(answer)?.code === 0 ? verdict : unexpectedAnswer(answer.status);
  },
};
