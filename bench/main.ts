/**
 * `npm run bench`: the hot paths, each against its floor in the same run. Machines are noisy: the ratio counts, not
 * the time. `npm run bench -- receive archive` runs some of them; `--json` prints for programs, `--rows N` sets the
 * size of the export.
 */
import { parseArgs } from 'node:util';
import { progress } from '#cli/progress.ts';
import { renderTable } from '#cli/table.ts';
import { benchArchive } from './archive.ts';
import { benchBundles } from './bundles.ts';
import { benchClient } from './client.ts';
import { benchExport } from './export.ts';
import { benchReceive } from './receive.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rows: { type: 'string', default: '1000000' } },
});
const known = ['receive', 'client', 'archive', 'export', 'bundles'];
const unknown = positionals.find(name => !known.includes(name));
if (unknown !== undefined) {
  process.stderr.write(`There is no bench "${unknown}"; known are ${known.join(', ')}\n`);
  process.exit(2);
}
const isAsked = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
const bar = progress(values.json);
const say = (text: string): void => bar.say(text);
const results = {
  ...(isAsked('receive') ? { receive: await benchReceive(say) } : {}),
  ...(isAsked('client') ? { client: await benchClient(say) } : {}),
  ...(isAsked('archive') ? { archive: await benchArchive(say) } : {}),
  ...(isAsked('bundles') ? { bundles: await benchBundles(say) } : {}),
  ...(isAsked('export') ? { export: await benchExport(say, Number(values.rows)) } : {}),
};
bar.clear();

const rounded = (row: object): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : String(value),
    ]),
  );

if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, ...results })}\n`);
else
  for (const [name, result] of Object.entries(results))
    process.stdout.write(`${name}\n${renderTable([result].flat().map(rounded))}\n`);
