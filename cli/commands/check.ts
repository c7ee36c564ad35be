/** `annals check`: whether the ledger is whole. It reads the places themselves, so the server may run or be stopped. */
import { join } from 'node:path';
import { systemBackoff } from '#aws/backoff.ts';
import { openStackPlaces, StackError } from '#aws/deployed-stack.ts';
import { checkLedger } from '#aws/ledger-check.ts';
import { Objects } from '#aws/objects.ts';
import { dataDirectory } from '#cli/connection.ts';
import { Failure } from '#cli/failure.ts';
import { print, printJson } from '#cli/output.ts';
import { withProgress } from '#cli/progress.ts';
import { count, renderTable, showTime } from '#cli/table.ts';
import { paint } from '#cli/terminal.ts';
import {
  type Finding,
  type Findings,
  findingKinds,
  type LedgerReport,
  noteKinds,
} from '#domain/archive/ledger-report.ts';
import { EmbeddedS3 } from '#embedded/storage/s3.ts';

type CheckOptions = { stack?: string; data?: string; json: boolean };

export const check = async (options: CheckOptions): Promise<void> => {
  if (options.stack !== undefined && options.data !== undefined)
    throw new Failure(2, '--stack names an installation on AWS; leave out --data');
  const report = await withProgress(options.json, async bar => {
    try {
      const places =
        options.stack === undefined
          ? placesOf(dataDirectory(options.data))
          : await openStackPlaces(options.stack);
      return await checkLedger(places, objects => bar.say(`${count(objects, 'object')} read`));
    } catch (error) {
      const code = error instanceof StackError ? 2 : 3;
      throw new Failure(code, `The ledger could not be checked: ${(error as Error).message}`, {
        cause: error,
      });
    }
  });
  const isWhole = Object.keys(report.findings).length === 0;
  await (options.json ? printJson({ is_whole: isWhole, ...report }) : print(textOf(report, isWhole)));
  if (!isWhole)
    throw new Failure(
      1,
      'The ledger is not whole; docs/runbook.md says under "Checking the ledger" what to do',
    );
};

/** The places of a data directory, which are only read. */
const placesOf = (data: string): { ledger: Objects; state: Objects } => {
  const s3 = new EmbeddedS3(join(data, 'buckets'), join(data, 'tmp'), ['ledger', 'state']);
  const place = (name: string) => new Objects(s3 as never, name, systemBackoff);
  return { ledger: place('ledger'), state: place('state') };
};

/** So many findings of a kind are shown; JSON has more. */
const shownFindings = 20;

const textOf = (report: LedgerReport, isWhole: boolean): string => {
  const { objects, bytes, rows, buckets, last_filed_at } = report;
  const size = `${(bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: 1 })} MB`;
  const last = last_filed_at === null ? '' : `, the last filed at ${showTime(last_filed_at)} UTC`;
  const head = `${count(objects, 'object')} (${size}) in ${buckets} buckets hold ${count(rows, 'row')}${last}`;
  return [
    head,
    ...sectionsOf(report.findings, findingKinds, 'red'),
    ...sectionsOf(report.notes, noteKinds, 'yellow'),
    ...(isWhole ? [paint('green', 'No fault was found')] : []),
  ].join('\n\n');
};

/** A table a kind: what was found, and where. */
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
        ...(left > 0 ? [`… and ${left.toLocaleString('en-US')} more; --json has up to a thousand`] : []),
      ].join('\n'),
    ];
  });

const sentenceOf = ({ place, detail, bucket }: Finding): string =>
  bucket === undefined ? `${place}: ${detail}` : `${place} ${detail}`;
