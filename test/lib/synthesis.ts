/** What `cdk synth` writes: the template, and for each function its bundle and its environment. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Resource } from './synth.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

export const stages = [
  'receive',
  'archive',
  'compact',
  'browse',
  'export',
  'finish',
  'tick',
  'manage',
  'describe',
  'deliver',
] as const;
export type Stage = (typeof stages)[number];

/** `cdk synth` as the README has it; rejects where its exit code is not zero. */
export const cdkSynth = (output: string, context: Record<string, string> = {}, app?: string) =>
  run(
    process.execPath,
    [
      join(root, 'node_modules/aws-cdk/bin/cdk'),
      'synth',
      '--quiet',
      '--output',
      output,
      ...(app === undefined ? [] : ['--app', app]),
      ...Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        HOME: output,
        CDK_DISABLE_CLI_TELEMETRY: '1',
        CDK_DISABLE_VERSION_CHECK: '1',
      },
    },
  );

/** How the logical ids of a stage's function and role begin. */
export const functionPrefix = (stage: Stage): string => `${stage[0]!.toUpperCase()}${stage.slice(1)}Function`;

/** Reads what was written to `output`. Buckets and the stream get short names: `ledger`, `annals`. */
export const readSynthesis = async (output: string) => {
  const { Resources: resources } = JSON.parse(
    await readFile(join(output, 'Annals.template.json'), 'utf8'),
  ) as { Resources: Record<string, Resource> };
  const idOf = (type: string, prefix: string): string =>
    Object.entries(resources).find(([id, { Type }]) => Type === type && id.startsWith(prefix))![0];
  // What the references of the template are here.
  const references = new Map<string, string>([
    ...(['Ledger', 'State', 'Views', 'Aside', 'Results'] as const).map((name): [string, string] => [
      idOf('AWS::S3::Bucket', `Storage${name}`),
      name.toLowerCase(),
    ]),
    [idOf('AWS::Kinesis::Stream', 'EventStream'), 'annals'],
    ['AWS::AccountId', '123456789012'],
    [idOf('AWS::SNS::Topic', 'Notifications'), 'arn:aws:sns:::notifications'],
  ]);
  const functionOf = (stage: Stage) =>
    resources[idOf('AWS::Lambda::Function', functionPrefix(stage))]!.Properties as {
      Code: { S3Key: string };
      Handler: string;
      MemorySize: number;
      Timeout: number;
      Environment: { Variables: Record<string, string | { Ref: string }> };
    };
  return {
    resources,
    idOf,
    references,
    functionOf,
    /** The folder of the bundle. */
    codeOf: (stage: Stage): string =>
      join(output, `asset.${functionOf(stage).Code.S3Key.replace(/\.zip$/, '')}`),
    environmentOf: (stage: Stage): Record<string, string> =>
      Object.fromEntries(
        Object.entries(functionOf(stage).Environment.Variables).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : (references.get(value.Ref) ?? 'of-a-secret'),
        ]),
      ),
  };
};
