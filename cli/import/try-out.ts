/** A dry run of an import: what would be accepted and refused, by the rules of the server, without sending anything. */
import { Failure } from '#cli/failure.ts';
import { printJson, printText } from '#cli/output.ts';
import { type Progress, withProgress } from '#cli/progress.ts';
import { SendReport } from '#cli/send/send-report.ts';
import { count } from '#cli/table.ts';
import { parseEvent } from '#domain/event/event.ts';
import { JsonReader } from '#domain/json/reader.ts';
import { printPath } from '#domain/receive/event-answer.ts';
import { importRefusal, ofImport } from '#domain/receive/imported.ts';
import type { Instant } from '#domain/time.ts';
import type { HistoryFile } from './history-file.ts';

type DryRun = { asOf: Instant; skip: number; json: boolean };

/** Throws a `Failure` of code 1 if events would be refused. */
export const tryOut = async (file: HistoryFile, { asOf, skip, json }: DryRun): Promise<void> => {
  const span: Span = { first: undefined, last: undefined };
  const report = await withProgress(json, bar => countAll(file, { asOf, skip }, { bar, span }));
  if (json) await printJson({ dry_run: true, source: file.source, ...report.json(), ...printSpan(span) });
  else {
    const { first, last } = span;
    const window = first === undefined ? '' : `\nThey occurred from ${first} to ${last}`;
    await printText(`${report.text()}${window}\nA dry run: nothing was sent`);
  }
  if (report.refused > 0)
    throw new Failure(1, `${count(report.refused, file.unit)} would be refused; nothing was sent`);
};

type Span = { first: Instant | undefined; last: Instant | undefined };

const printSpan = ({ first, last }: Span) =>
  first === undefined ? {} : { first_occurred_at: first, last_occurred_at: last };

const showEvery = 1000;

const countAll = async (
  file: HistoryFile,
  { asOf, skip }: Pick<DryRun, 'asOf' | 'skip'>,
  { bar, span }: { bar: Progress; span: Span },
): Promise<SendReport> => {
  const report = new SendReport();
  for await (const line of file.lines) {
    if (line.number <= skip || !line.bytes) continue;
    const place = file.unit === 'event' ? { line: line.line, event: line.number } : { line: line.line };
    if (line.fault) {
      report.refuse({ ...place, code: line.code ?? 'invalid_json', path: '', message: line.fault });
      continue;
    }
    const verdict = judge(line.bytes, asOf);
    if ('code' in verdict) report.refuse({ ...place, ...verdict, path: printPath(verdict.path) });
    else {
      const { id = '', occurredAt, scopeId, warnings } = verdict;
      const isApart =
        scopeId === undefined ? [{ code: 'no_scope' as const, path: '/scope', message: noScope }] : [];
      report.accept(place, { index: 0, id, occurred_at: occurredAt!, warnings: [...warnings, ...isApart] });
      if (span.first === undefined || occurredAt! < span.first) span.first = occurredAt!;
      if (span.last === undefined || occurredAt! > span.last) span.last = occurredAt!;
    }
    if (line.number % showEvery === 0)
      bar.say(
        `${report.accepted.toLocaleString('en-US')} to import, ${report.refused} to refuse`,
        file.share(),
      );
  }
  return report;
};

const noScope = 'No customer sees an event without a scope';

const judge = (bytes: Buffer, asOf: Instant) => {
  const event = parseEvent(new JsonReader(bytes.toString()).value(), asOf);
  return 'code' in event ? ofImport(event, asOf) : (importRefusal(event) ?? event);
};
