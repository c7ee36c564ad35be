/**
 * `npm run bench`: the hot paths, each against its floor in the same run; prints each line as soon as it is
 * measured. `npm run bench -- receive archive` runs some of them, `--json` prints all results at the end for
 * programs, `--rows N` sets the size of the export. `npm run bench -- peers` compares Annals with PostgreSQL; it
 * runs only if it is named, as `page` does, which needs Chromium.
 */
import { parseArgs } from 'node:util';
import { progress } from '#cli/progress.ts';
import { archiveFigure, archiveHeading, benchArchive } from './archive.ts';
import { behindFigure, behindHeading, benchBehind } from './behind.ts';
import { benchBrowse, browseFigure, browseHeading } from './browse.ts';
import { benchBundles, bundleFigure, bundlesHeading } from './bundles.ts';
import { benchClient, clientFigure, clientHeading } from './client.ts';
import { benchCompact, compactFigure, compactHeading } from './compact.ts';
import { benchCompacted, compactedFigure, compactedHeading } from './compacted.ts';
import { benchDeliver, deliverFigure, deliverHeading } from './deliver.ts';
import { benchExport, exportFigure, exportHeading } from './export.ts';
import {
  type Figure,
  type Heading,
  introduction,
  printFigure,
  printHeading,
  printVerdict,
} from './figure.ts';
import { benchGrowth, growthFigure, growthHeading } from './growth.ts';
import { benchMemory, memoryFigure, memoryHeading } from './memory.ts';
import { benchPage, pageFigure, pageHeading } from './page.ts';
import { benchPeers, peersFigure, peersHeading } from './peers.ts';
import { benchReceive, receiveFigure, receiveHeading } from './receive.ts';
import { benchVisible, visibleFigure, visibleHeading } from './visible.ts';
import { benchYear, yearFigure, yearHeading } from './year.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rows: { type: 'string', default: '1000000' } },
});
const rows = Number(values.rows);
const misuse = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};
if (!Number.isSafeInteger(rows) || rows < 100) misuse(`--rows is "${values.rows}"; expected 100 or more`);

const bar = progress(values.json);
const say = (text: string): void => bar.say(text);
const print = (text: string): void => {
  bar.clear();
  if (!values.json) process.stdout.write(`${text}\n`);
};
const figures: Figure[] = [];
/** Runs a bench under its heading; `measure` hands over each result as soon as it is there. */
const run = async <Result>(
  heading: Heading,
  figureOf: (result: Result) => Figure,
  measure: (add: (result: Result) => void) => Promise<void>,
): Promise<Result[]> => {
  print(printHeading(heading));
  const results: Result[] = [];
  await measure(result => {
    const figure = figureOf(result);
    results.push(result);
    figures.push(figure);
    print(printFigure(figure));
  });
  return results;
};

/** So many objects of others. */
const growthSizes = [10_000, 100_000, 1_000_000];

const benches = {
  receive: () => run(receiveHeading, receiveFigure, add => benchReceive(say, add)),
  client: () => run(clientHeading, clientFigure, add => benchClient(say, add)),
  archive: () => run(archiveHeading, archiveFigure, add => benchArchive(say, add)),
  compact: () => run(compactHeading, compactFigure, add => benchCompact(say, rows, add)),
  bundles: () => run(bundlesHeading, bundleFigure, add => benchBundles(say, add)),
  browse: () => run(browseHeading, browseFigure, add => benchBrowse(say, rows, add)),
  export: () => run(exportHeading, exportFigure, add => benchExport(say, rows, add)),
  compacted: () => run(compactedHeading, compactedFigure, add => benchCompacted(say, rows, add)),
  memory: () => run(memoryHeading, memoryFigure, add => benchMemory(say, add)),
  behind: () => run(behindHeading, behindFigure, add => benchBehind(say, rows, add)),
  deliver: () => run(deliverHeading, deliverFigure, add => benchDeliver(say, add)),
  visible: () => run(visibleHeading, visibleFigure, add => benchVisible(say, add)),
  year: () => run(yearHeading, yearFigure, add => benchYear(say, rows, add)),
  growth: () => run(growthHeading, growthFigure, add => benchGrowth(say, growthSizes, add)),
  page: () => run(pageHeading, pageFigure, add => benchPage(say, rows, add)),
  peers: () => run(peersHeading, peersFigure, add => benchPeers(say, add)),
};
/** They take minutes; peers needs PostgreSQL, page Chromium. */
const onlyIfNamed = new Set([
  'behind',
  'deliver',
  'compacted',
  'memory',
  'visible',
  'year',
  'growth',
  'peers',
  'page',
]);
const names = Object.keys(benches) as (keyof typeof benches)[];
const unknown = positionals.find(name => !names.some(known => known === name));
if (unknown !== undefined) misuse(`There is no bench "${unknown}"; known are ${names.join(', ')}`);

print(introduction);
const results: Record<string, unknown[]> = {};
for (const name of names)
  if (positionals.length === 0 ? !onlyIfNamed.has(name) : positionals.includes(name))
    results[name] = await benches[name]();
if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, ...results })}\n`);
else print(`\n${printVerdict(figures)}`);
bar.clear();
