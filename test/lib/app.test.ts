import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '#test/support/temporary.ts';

const operator = 'arn:aws:iam::123456789012:role/operator';

/** Runs the app as the CDK command does, and returns how it ended and what it wrote beside the template. */
const synthesize = async (settings: Record<string, string> = {}, region?: string) => {
  const outdir = await temporaryDirectory();
  const context = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`annals:${name}`, value]),
  );
  const { code, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'lib/app.ts'], {
    cwd: join(import.meta.dirname, '../..'),
    env: {
      PATH: process.env.PATH,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, 'aws:cdk:bundling-stacks': [] }),
      ...(region === undefined ? {} : { CDK_DEFAULT_REGION: region }),
    },
  }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    error => error as { code: number; stderr: string },
  );
  const files = (await readdir(outdir)).filter(name => /^(manifest|.*metadata)\.json$/.test(name));
  const messages = await Promise.all(files.map(name => readFile(join(outdir, name), 'utf8')));
  return { code, stderr, messages: messages.join('\n') };
};

describe('the synthesis', () => {
  const warning = 'Nobody can use this installation: set annals:operatorRoles and annals:supportRoles';

  it('warns if no role may use the installation', async () => {
    expect((await synthesize()).messages).toContain(warning);
    const { code, messages } = await synthesize({ operatorRoles: operator });
    expect(code).toBe(0);
    expect(messages).toContain('aws:cdk:');
    expect(messages).not.toContain(warning);
  });

  it.each([
    ['ca-west-1', 'Lambda has no function URLs there'],
    ['us-gov-west-1', 'another partition'],
  ])('ends with one sentence and no stack trace for %s', async (region, sentence) => {
    const { code, stderr, messages } = await synthesize({ operatorRoles: operator }, region);
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(messages).toBe('');
  });
});
