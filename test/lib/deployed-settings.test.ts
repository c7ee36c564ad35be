import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { faultsOfUpdate, recordedSettings } from '#lib/deployed-settings.ts';
import { readSettings, settingsOf } from '#lib/settings.ts';
import { temporaryDirectory } from '#test/support/temporary.ts';

const faults = (settings: Record<string, unknown> | undefined, context: Record<string, unknown>) =>
  faultsOfUpdate({ settings }, context, readSettings(context));
const deployed = { buckets: 64, alarmTopic: 'arn:aws:sns:eu-west-1:123456789012:pager', logDays: '30' };
const kept = {
  'annals:buckets': '64',
  'annals:alarmTopic': 'arn:aws:sns:eu-west-1:123456789012:pager',
  'annals:logDays': '60',
};

describe('what a stack records of its settings', () => {
  it('is what was given, without what may be forgotten, and the number of buckets in any case', () => {
    const given = { logDays: '30', forget: 'alarmTopic' };
    expect(JSON.parse(recordedSettings(given, settingsOf(given)))).toEqual({
      logDays: '30',
      buckets: 32,
    });
  });
});

describe('an update', () => {
  it('may change settings and add some', () => {
    expect(faults(deployed, { ...kept, 'annals:resultsDays': '7' })).toEqual([]);
    expect(faults(undefined, {})).toEqual([]);
  });

  it('loses no setting that the deployed stack has, unless that is said', () => {
    const { 'annals:alarmTopic': _, ...forgetful } = kept;
    expect(faults(deployed, forgetful)).toEqual([
      'The deployed stack has settings that this deploy would lose: ' +
        'annals:alarmTopic=arn:aws:sns:eu-west-1:123456789012:pager; ' +
        'give them too, or say annals:forget=alarmTopic',
    ]);
    expect(faults(deployed, { ...forgetful, 'annals:forget': 'alarmTopic' })).toEqual([]);
  });

  it('never changes the number of buckets', () => {
    const [fault] = faults(deployed, { ...kept, 'annals:buckets': '32' });
    expect(fault).toMatch(/begun with 64 buckets.*set annals:buckets back to 64$/);
  });
});

describe('the synthesis with credentials', () => {
  const answers = (stacks: string) => (action: string) =>
    action.includes('GetCallerIdentity')
      ? '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>' +
        '</GetCallerIdentityResult></GetCallerIdentityResponse>'
      : `<DescribeStacksResponse><DescribeStacksResult><Stacks>${stacks}</Stacks>` +
        '</DescribeStacksResult></DescribeStacksResponse>';
  const stackOf = (status: string) =>
    `<member><StackName>Annals</StackName><StackStatus>${status}</StackStatus><Outputs><member>` +
    '<OutputKey>Settings</OutputKey><OutputValue>{"buckets":32,"logDays":"30"}</OutputValue>' +
    '</member></Outputs></member>';

  /** Runs the app as the CDK does, and returns what it says of the stack. */
  const synthesize = async (stacks: string, account = '123456789012') => {
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', chunk => (body += String(chunk)));
      request.on('end', () => response.setHeader('content-type', 'text/xml').end(answers(stacks)(body)));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const outdir = await temporaryDirectory();
    const run = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'lib/app.ts'], {
      cwd: join(import.meta.dirname, '../..'),
      env: {
        PATH: process.env.PATH,
        CDK_OUTDIR: outdir,
        CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:bundling-stacks': [] }),
        CDK_DEFAULT_ACCOUNT: account,
        CDK_DEFAULT_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'me',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      },
    }).catch(error => error as { code: number; stderr: string });
    if ('code' in run && run.code !== 0) return { failed: run.stderr };
    // The messages stand beside the manifest.
    const files = (await readdir(outdir)).filter(name => /^(manifest|.*metadata)\.json$/.test(name)).sort();
    const texts = await Promise.all(files.map(name => readFile(join(outdir, name), 'utf8')));
    return { manifest: texts.join('\n') };
  };

  it('refuses to lose a setting, and protects the stack', async () => {
    const { manifest } = await synthesize(stackOf('UPDATE_COMPLETE'));
    expect(manifest).toContain('annals:logDays=30; give them too');
    expect(manifest).toMatch(/"terminationProtection": true/);
  });

  it('protects nothing while there is no stack, or one whose first deploy failed', async () => {
    for (const stacks of ['', stackOf('ROLLBACK_COMPLETE')]) {
      const { manifest } = await synthesize(stacks);
      expect(manifest).toBeDefined();
      expect(manifest).not.toContain('annals:logDays=30');
      expect(manifest).not.toMatch(/"terminationProtection": true/);
    }
  });

  it('compares with the stack of the account that CDK deploys to, and with no other', async () => {
    const { failed } = await synthesize('', '999999999999');
    expect(failed).toMatch(/cannot be read.*of 123456789012; set AWS_PROFILE\n$/);
    expect(failed).not.toMatch(/^\s+at /m);
  });
});
