/**
 * A first deploy that fails and is repeated, a second installation beside it, the API for customers, and what a
 * destroyed installation leaves. The tests follow one another in one account; `Annals` is destroyed at the end,
 * and `Second` goes on.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { variablesOf } from '#aws/environment.ts';
import { parseCsv } from '#test/support/server.ts';
import { requireTools } from '../tools.ts';
import { askForExport } from './customers.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { readBlocks } from './fences.ts';
import {
  type ApiCall,
  checkoutOf,
  type Ended,
  makeRoles,
  must,
  openShell,
  outcomesOf,
  outputsOf,
  prepare,
  resourcesOf,
  roleArn,
  type Shell,
  takeRoles,
} from './installation.ts';
import { type Issuer, startIssuer, type Token } from './issuer.ts';

type Outputs = Record<string, string>;

let folder: string;
let issuer: Issuer;
let emulator: Emulator;
let shell: Shell;
let blocks: Map<string, string[]>;
let first: Outputs;
let second: Outputs;
beforeAll(async () => {
  requireTools('deploy');
  folder = await mkdtemp(join(tmpdir(), 'annals-conformance-issuer-'));
  issuer = await startIssuer(folder);
  emulator = await startEmulator([issuer.certificate]);
  await prepare(emulator);
  shell = openShell(emulator);
  blocks = await readBlocks('deploy.md');
  await must(shell('npx cdk bootstrap'));
});
afterAll(async () => {
  await emulator?.stop();
  await issuer?.stop();
  await rm(folder, { recursive: true, force: true });
});

const json = async <T>(command: string): Promise<T> =>
  JSON.parse((await must(shell(`${command} --output json`))).out) as T;
const annals = (profile: string, stack: string, command: string, input = ''): Promise<Ended> =>
  shell(`npm run --silent annals -- --stack ${stack} ${command}`, input, profile);
const rowsOf = async (name: string) => parseCsv(await readFile(join(checkoutOf(emulator), name), 'utf8'));
const anEvent = (scope: string): string =>
  `${JSON.stringify({
    action: 'context.create',
    actor: { id: 'u-17', type: 'user' },
    target: { id: `c-${scope}`, type: 'context' },
    scope: { id: scope, type: 'account' },
    success: true,
  })}\n`;

/** By the command line of the docs, with the issuer of this run, and a break-glass role besides. */
const deployFirst = () => {
  const [block] = blocks.get('An API for your customers')!;
  const line = block!.replace('https://login.example.com', issuer.url);
  const breakGlass = `-c annals:breakGlassRole=${roleArn('BreakGlass')}`;
  return shell(`${line} --require-approval never --output first.out ${breakGlass}`);
};
const deploySecond = () =>
  shell(`${blocks.get('A second installation')![0]} --require-approval never --output second.out`);

it('leaves nothing if the first deploy fails, here because there is such a work group', async () => {
  await must(shell('aws athena create-work-group --name Annals'));
  const failed = await deployFirst();
  expect(failed.code, failed.out + failed.err).not.toBe(0);
  await must(shell('aws athena delete-work-group --work-group Annals'));
  const { StackEvents } = await json<{ StackEvents: { ResourceType: string; ResourceStatus: string }[] }>(
    'aws cloudformation describe-stack-events --stack-name Annals',
  );
  const made = (type: string, status: string): number =>
    StackEvents.filter(event => event.ResourceType === type && event.ResourceStatus === status).length;
  expect(made('AWS::S3::Bucket', 'CREATE_COMPLETE')).toBeGreaterThan(0);
  expect(StackEvents[0]!.ResourceStatus).toBe('ROLLBACK_COMPLETE');

  const { Buckets } = await json<{ Buckets: { Name: string }[] }>('aws s3api list-buckets');
  expect(Buckets.map(({ Name }) => Name)).toEqual([expect.stringMatching(/^cdk-/)]);
  expect(await json('aws kinesis list-streams')).toMatchObject({ StreamNames: [] });
  expect(await json('aws lambda list-functions')).toMatchObject({ Functions: [] });
  const { Keys } = await json<{ Keys: { KeyId: string }[] }>('aws kms list-keys');
  for (const { KeyId } of Keys)
    expect(await json(`aws kms describe-key --key-id ${KeyId}`)).toMatchObject({
      KeyMetadata: { KeyState: 'PendingDeletion' },
    });
});

it('can be deployed again, and a second installation beside it', async () => {
  for (const ended of await Promise.all([deployFirst(), deploySecond()]))
    expect(ended.code, ended.out + ended.err).toBe(0);
  [first, second] = await Promise.all([outputsOf(emulator), outputsOf(emulator, 'Second')]);
  // So that they get as far as the refusal that is asked for.
  const document = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'cloudformation:DescribeStacks', Resource: '*' }],
  };
  await makeRoles(emulator, [
    { name: 'Service', profile: 'emitter', policies: [first.EmittersPolicy!], document },
    { name: 'Operator', profile: 'operator', policies: [first.StaffPolicy!], document },
    { name: 'Support', profile: 'support', policies: [first.StaffPolicy!], document },
    { name: 'SecondService', profile: 'second-emitter', policies: [second.EmittersPolicy!] },
    {
      name: 'BreakGlass',
      profile: 'break-glass',
      policies: ['arn:aws:iam::aws:policy/AmazonS3FullAccess'],
    },
  ]);
});

it('opens an installation to no role of the other, though the settings of both name it', async () => {
  for (const [profile, command] of [
    ['emitter', 'send -'],
    ['operator', 'admin grant --scope acme --user u-17'],
    ['support', 'exports --scope acme'],
  ] as const) {
    const { code, out, err } = await annals(profile, 'Second', command, anEvent('acme'));
    expect.soft(code, command).not.toBe(0);
    expect.soft(out + err, command).toMatch(/403/);
  }
});

it('keeps the functions of each from all places of the other', async () => {
  const roles = (await resourcesOf(emulator, 'Annals', 'AWS::IAM::Role')).filter(name =>
    /Function/.test(name),
  );
  expect(roles).toHaveLength(Object.keys(variablesOf).length);
  await takeRoles(emulator, roles);
  const bucketsOf = (outputs: Outputs) =>
    ['LedgerBucket', 'StateBucket', 'ViewsBucket', 'AsideBucket', 'ResultsBucket'].map(
      name => outputs[name]!,
    );
  const calls = (outputs: Outputs): ApiCall[] =>
    roles.flatMap(role => [
      ...bucketsOf(outputs).flatMap((Bucket): ApiCall[] => [
        [role, 's3', 'list_objects_v2', { Bucket }],
        [role, 's3', 'get_object', { Bucket, Key: 'installation.json' }],
        [role, 's3', 'put_object', { Bucket, Key: 'events/x', Body: 'x', IfNoneMatch: '*' }],
        [role, 's3', 'delete_object', { Bucket, Key: 'installation.json' }],
      ]),
      [role, 'kinesis', 'put_record', { StreamName: outputs.StreamName, Data: 'x', PartitionKey: 'x' }],
      [role, 'athena', 'start_query_execution', { QueryString: 'SELECT 1', WorkGroup: outputs.WorkGroup }],
    ]);
  const isDenied = (outcome: string): boolean => /AccessDenied|NotAuthorized|Unauthorized/.test(outcome);
  const ofSecond = calls(second);
  const outcomes = await outcomesOf(emulator, ofSecond);
  expect(ofSecond.filter((_, index) => !isDenied(outcomes[index]!))).toEqual([]);
  // The same roles are not refused everywhere: each may do something in its own installation.
  const own = calls(first).filter(([, , method]) => /^(list|get)_/.test(method));
  const allowed = new Set(
    (await outcomesOf(emulator, own)).flatMap((o, i) => (isDenied(o) ? [] : own[i]![0])),
  );
  expect(allowed.size).toBe(roles.length);
});

/** Sends an event of its own to an installation, and returns the actions that its export of `acme` has. */
const roundTrip = async (stack: string, emitter: string, target: string): Promise<string[]> => {
  await must(annals(emitter, stack, 'send -', anEvent('acme').replace('c-acme', target)));
  await must(annals('operator', stack, 'admin grant --scope acme --user u-17'));
  const file = `${stack}-${target}.csv`;
  await must(annals('support', stack, `export --scope acme --requested-by u-17 --reason test --out ${file}`));
  return (await rowsOf(file)).flatMap(({ target: cell }) =>
    cell!.includes('"c-') ? [JSON.parse(cell!).id] : [],
  );
};

it('files an event in the ledger of its own installation alone', async () => {
  for (const role of ['Operator', 'Support'])
    await must(shell(`aws iam attach-role-policy --role-name ${role} --policy-arn ${second.StaffPolicy}`));
  expect(
    await Promise.all([
      roundTrip('Annals', 'emitter', 'c-of-first'),
      roundTrip('Second', 'second-emitter', 'c-of-second'),
    ]),
  ).toEqual([['c-of-first'], ['c-of-second']]);
});

const askAsCustomer = (token: string | undefined, scope: string) =>
  askForExport(shell, { url: first.CustomersUrl!, token, scope });
const admin: Token = { sub: 'u-17', org: 'acme', audience: 'annals' };

it('lets a customer’s admin have the log of their scope by a token of the issuer', async () => {
  const token = await issuer.sign(admin);
  const [, block] = blocks.get('An API for your customers')!;
  await must(shell(`set -e; CUSTOMERS_URL=${first.CustomersUrl} TOKEN=${token}\n${block}`, '', 'stranger'));
  expect(issuer.asked).toEqual(expect.arrayContaining(['/.well-known/openid-configuration', '/keys']));
  const actions = (await rowsOf('acme.csv')).map(({ action }) => action);
  expect(actions).toEqual(expect.arrayContaining(['context.create', 'audit_log.export.request']));
});

it('answers 401 to every token that the issuer did not make for it, and 403 for another scope', async () => {
  const refused: Record<string, string | undefined> = {
    'no token': undefined,
    'no JWT': 'x',
    'another audience': await issuer.sign({ ...admin, audience: 'billing' }),
    expired: await issuer.sign({ ...admin, expiresIn: -60 }),
    'another issuer': await issuer.sign({ ...admin, issuer: 'https://login.example.com' }),
    'another key': await issuer.forge(admin),
  };
  for (const [why, token] of Object.entries(refused))
    expect.soft((await askAsCustomer(token, 'acme'))[0], why).toBe(401);
  expect(await askAsCustomer(await issuer.sign(admin), 'globex')).toEqual([403, 'forbidden']);
  const notAdmin = await issuer.sign({ ...admin, sub: 'u-99' });
  expect(await askAsCustomer(notAdmin, 'acme')).toEqual([403, 'not_an_admin']);
  expect((await askAsCustomer(await issuer.sign(admin), 'acme'))[0]).toBe(202);
});

type Policy = { Statement: { Sid?: string }[] };
const policyOf = async (bucket: string): Promise<Policy> => {
  const { Policy } = await json<{ Policy: string }>(`aws s3api get-bucket-policy --bucket ${bucket}`);
  return JSON.parse(Policy) as Policy;
};

it('leaves what docs/deploy.md says when it is destroyed', async () => {
  const buckets = await resourcesOf(emulator, 'Annals', 'AWS::S3::Bucket');
  const [key] = await resourcesOf(emulator, 'Annals', 'AWS::KMS::Key');
  const policies = await Promise.all(buckets.map(policyOf));
  expect(policies.flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid))).toEqual(
    expect.arrayContaining([
      'NothingIsDeleted',
      'NothingIsOverwritten',
      'HistoryIsKept',
      'OnlyIndexesAreDeleted',
    ]),
  );
  const [block] = blocks.get('Destroying')!;
  // Nobody is there who could approve.
  await must(shell(`set -e\n${block!.replace('npx cdk destroy', 'npx cdk destroy --force')}`));

  expect(await Promise.all(buckets.map(policyOf))).toEqual(policies);
  expect(await json(`aws kms describe-key --key-id ${key}`)).toMatchObject({
    KeyMetadata: { KeyState: 'Enabled' },
  });
  const { StreamName, WorkGroup } = first;
  expect(
    await outcomesOf(emulator, [
      ['owner', 'kinesis', 'describe_stream', { StreamName }],
      ['owner', 'athena', 'get_work_group', { WorkGroup }],
      ['owner', 'iam', 'get_policy', { PolicyArn: first.StaffPolicy }],
    ]),
  ).toEqual(['allowed', 'InvalidRequestException', 'NoSuchEntity']);
  const { Functions } = await json<{ Functions: { FunctionName: string }[] }>('aws lambda list-functions');
  expect(Functions.filter(({ FunctionName }) => FunctionName.startsWith('Annals'))).toEqual([]);
});

it('lets the break-glass role alone delete from the log that is left, until its policy is taken off', async () => {
  const Bucket = first.LedgerBucket!;
  const { Versions } = await json<{ Versions: { Key: string; VersionId: string }[] }>(
    `aws s3api list-object-versions --bucket ${Bucket}`,
  );
  const [{ Key, VersionId }, other] = Versions as [(typeof Versions)[0], (typeof Versions)[0]];
  const calls = (role: string, { Key, VersionId }: (typeof Versions)[0]): ApiCall[] => [
    [role, 's3', 'put_object', { Bucket, Key, Body: 'x' }],
    [role, 's3', 'delete_object', { Bucket, Key }],
    [role, 's3', 'delete_object', { Bucket, Key, VersionId }],
  ];
  expect(
    await outcomesOf(emulator, [
      ...calls('owner', { Key, VersionId }),
      ['owner', 's3', 'delete_object', { Bucket: first.StateBucket, Key: 'installation.json' }],
      ...calls('break-glass', { Key, VersionId }),
    ]),
  ).toEqual([...Array(4).fill('AccessDenied'), ...Array(3).fill('allowed')]);
  await must(shell(blocks.get('Destroying')![1]!.replace('LEDGER_BUCKET', Bucket)));
  expect(await outcomesOf(emulator, calls('owner', other))).toEqual(Array(3).fill('allowed'));
});

it('leaves the other installation as it was', async () => {
  expect(await roundTrip('Second', 'second-emitter', 'c-later')).toEqual(['c-of-second', 'c-later']);
});
