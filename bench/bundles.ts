/**
 * The bundles as `cdk synth` makes them: how large they are, and how long a fresh process takes to import
 * one, which is most of a cold start. The floor is a fresh process that imports an empty module.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Figure, Heading } from './figure.ts';
import { median } from './measure.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const rounds = 9;

export type BundleResult = {
  function: string;
  kilobytes: number;
  importMs: number;
  floorMs: number;
  timesTheFloor: number;
};

type Template = { Resources: Record<string, { Type: string; Properties: { Code: { S3Key: string } } }> };

export const bundlesHeading: Heading = {
  name: 'bundles',
  measures: 'how long a fresh process takes to import a function, which is most of a cold start',
  floor: 'a fresh process that imports an empty module',
};
export const bundleFigure = (result: BundleResult): Figure => ({
  what: result.function,
  value: result.importMs,
  floor: result.floorMs,
  unit: 'ms',
  better: 'less',
  note: `${result.kilobytes} KB`,
});

export const benchBundles = async (
  say: (text: string) => void,
  add: (result: BundleResult) => void,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'annals-bench-'));
  try {
    say('bundles: cdk synth');
    const cdk = join(root, 'node_modules/aws-cdk/bin/cdk');
    const quiet = { CDK_DISABLE_CLI_TELEMETRY: '1', CDK_DISABLE_VERSION_CHECK: '1' };
    await run(process.execPath, [cdk, 'synth', '--quiet', '--output', directory], {
      cwd: root,
      env: { ...process.env, ...quiet },
    });
    const template = JSON.parse(await readFile(join(directory, 'Annals.template.json'), 'utf8')) as Template;
    const empty = join(directory, 'empty.mjs');
    await writeFile(empty, '');
    for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
      if (Type !== 'AWS::Lambda::Function') continue;
      const name = id.replace(/Function.*/, '').toLowerCase();
      say(`bundles: ${name}`);
      const path = join(directory, `asset.${Properties.Code.S3Key.replace(/\.zip$/, '')}`, 'index.mjs');
      const times: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++)
        for (const [at, module] of [path, empty].entries()) times[at]!.push(await importMs(module));
      const [ms, floor] = times.map(median) as [number, number];
      add({
        function: name,
        kilobytes: Math.round((await stat(path)).size / 1000),
        importMs: ms,
        floorMs: floor,
        timesTheFloor: ms / floor,
      });
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

/** In a process of its own, since a module is loaded once. */
const importMs = async (path: string): Promise<number> => {
  const code = `const start = performance.now(); await import(${JSON.stringify(path)}); console.log(performance.now() - start);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code]);
  return Number(stdout);
};
