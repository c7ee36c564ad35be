/**
 * `annals check`: checks the ledger and what is derived from it. It reads the files themselves, so the server may be
 * running or stopped.
 */
import type { Command } from 'commander';
import { command, dataOption, jsonOption } from '#cli/command.ts';
import { Failure } from '#cli/failure.ts';
import { printJson, printText } from '#cli/output.ts';
import { openPlaces } from '#cli/places.ts';
import { withProgress } from '#cli/progress.ts';
import { count, renderTable, showBytes, showTime } from '#cli/table.ts';
import { paint } from '#cli/terminal.ts';
import {
  type Finding,
  type Findings,
  findingKinds,
  type LedgerReport,
  noteKinds,
} from '#domain/archive/ledger-report.ts';

type CheckOptions = { stack?: string; data?: string; json: boolean };

export const addCheck = (program: Command): void => {
  command(
    program,
    'check',
    'Check the ledger for damaged, misplaced or missing objects, and its segments. It changes nothing.',
    'check --data /var/lib/annals',
  )
    .option(...dataOption)
    .option(...jsonOption)
    .action(check);
};

const check = async (options: CheckOptions): Promise<void> => {
  if (options.stack !== undefined && options.data !== undefined)
    throw new Failure(2, '--stack is for AWS; leave out --data');
  const report = await withProgress(options.json, async bar => {
    try {
      // Loading the SDK takes longer than most commands run.
      const { checkLedger } = await import('#aws/ledger-check.ts');
      const { checkSegments } = await import('#aws/segment-check.ts');
      const places = await openPlaces(options);
      const report = await checkLedger(places, objects => bar.say(`${count(objects, 'object')} read`));
      let segments = 0;
      await checkSegments(places, report, () => bar.say(`${count(++segments, 'segment')} read`));
      return report;
    } catch (error) {
      const { name, message } = error as Error;
      throw new Failure(name === 'StackError' ? 2 : 3, `The ledger could not be checked: ${message}`, {
        cause: error,
      });
    }
  });
  const isWhole = Object.keys(report.findings).length === 0;
  await (options.json ? printJson({ is_whole: isWhole, ...report }) : printText(textOf(report, isWhole)));
  if (!isWhole) throw new Failure(1, 'The ledger has faults; see "Checking the ledger" in docs/runbook.md');
};

/** Per kind of finding; JSON has more. */
const shownFindings = 20;

const textOf = (report: LedgerReport, isWhole: boolean): string => {
  const { objects, bytes, rows, buckets, last_filed_at } = report;
  const last = last_filed_at === null ? '' : `; the last was filed at ${showTime(last_filed_at)} UTC`;
  const size = showBytes(bytes);
  const head = `${count(objects, 'object')} (${size}) in ${buckets} buckets hold ${count(rows, 'row')}${last}`;
  return [
    head,
    ...sectionsOf(report.findings, findingKinds, 'red'),
    ...sectionsOf(report.notes, noteKinds, 'yellow'),
    ...(isWhole ? [paint('green', 'No faults found')] : []),
  ].join('\n\n');
};

/** A table for each kind of finding. */
const sectionsOf = <Kind extends string>(
  found: Partial<Record<Kind, Findings>>,
  meanings: Record<Kind, string>,
  style: 'red' | 'yellow',
): string[] =>
  (Object.entries(meanings) as [Kind, string][]).flatMap(([kind, meaning]) => {
    const ofKind = found[kind];
    if (!ofKind) return [];
    const shown = ofKind.first.slice(0, shownFindings).map(finding => ({ found: sentenceOf(finding) }));
    const left = ofKind.count - shown.length;
    return [
      [
        `${paint(style, kind.replaceAll('_', ' '))} (${ofKind.count.toLocaleString('en-US')}): ${meaning}`,
        renderTable(shown, { prose: ['found'] }),
        ...(left > 0 ? [`… and ${left.toLocaleString('en-US')} more; --json lists up to a thousand`] : []),
      ].join('\n'),
    ];
  });

const sentenceOf = ({ place, detail, bucket }: Finding): string =>
  bucket === undefined ? `${place}: ${detail}` : `${place} ${detail}`;
