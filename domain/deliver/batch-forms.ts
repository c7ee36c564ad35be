/** The form of requests for each preset, and without one. */
import type { BatchForm } from './batch-form.ts';
import { datadogForm } from './datadog.ts';
import type { Preset } from './destination.ts';
import { verdictOfStatus } from './https-answer.ts';
import { otlpForm } from './otlp.ts';
import { splunkForm } from './splunk.ts';

/** NDJSON: the text of the part itself. */
export const plainForm: BatchForm = {
  contentType: 'application/x-ndjson',
  maxEntries: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
  maxEntryBytes: Number.POSITIVE_INFINITY,
  entry: ({ text }) => ({ text }),
  body: entries => entries.join(''),
  verdict: verdictOfStatus,
};

const forms: Readonly<Record<Preset, BatchForm>> = {
  'splunk-hec': splunkForm,
  datadog: datadogForm,
  otlp: otlpForm,
};

export const batchFormOf = (preset: Preset | undefined): BatchForm =>
  preset === undefined ? plainForm : forms[preset];
