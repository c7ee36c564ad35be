/** A first deploy that fails, its repetition, and the end of an installation: what each leaves in the account. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireTools } from '../tools.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import {
  type ApiCall,
  must,
  openShell,
  outcomesOf,
  outputsOf,
  prepare,
  roleArn,
  type Shell,
} from './installation.ts';

let emulator: Emulator;
let shell: Shell;
beforeAll(async () => {
  requireTools('deploy');
  emulator = await startEmulator();
  await prepare(emulator);
  shell = openShell(emulator);
  await must(shell('npx cdk bootstrap'));
});
afterAll(() => emulator?.stop());

const settings = `-c annals:operatorRoles=${roleArn('Operator')} -c annals:stackName=Second`;
const deploy = () => shell(`npx cdk deploy --require-approval never ${settings}`);
const destroy = () => shell(`npx cdk destroy --force ${settings}`);

it('can be deployed again after a first deploy that failed', async () => {
  await must(shell('aws athena create-work-group --name Second'));
  const failed = await deploy();
  expect(failed.code, failed.out + failed.err).not.toBe(0);
  await must(shell('aws athena delete-work-group --work-group Second'));
  await must(deploy());
});

it('leaves the buckets and the stream when it is destroyed', async () => {
  const outputs = (await outputsOf(emulator, 'Second')) as Record<string, string>;
  await must(
    shell(
      'aws cloudformation update-termination-protection --no-enable-termination-protection' +
        ' --stack-name Second',
    ),
  );
  await must(destroy());
  const { StreamName, WorkGroup } = outputs;
  const kept = ['LedgerBucket', 'StateBucket', 'AsideBucket', 'ResultsBucket'].map(
    (name): ApiCall => ['owner', 's3', 'head_bucket', { Bucket: outputs[name] }],
  );
  expect(
    await outcomesOf(emulator, [
      ...kept,
      ['owner', 'kinesis', 'describe_stream', { StreamName }],
      ['owner', 'athena', 'get_work_group', { WorkGroup }],
    ]),
  ).toEqual([...kept.map(() => 'allowed'), 'allowed', 'InvalidRequestException']);
});
