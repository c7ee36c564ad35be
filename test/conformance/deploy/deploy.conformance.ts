/**
 * The first deploy, and events through what was deployed: the command lines of docs/deploy.md and
 * docs/support.md, each run by the role that is to run it, and refused to those who may not. The tests follow
 * one another in one account.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parseCsv } from '#test/support/server.ts';
import { requireTools } from '../tools.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { readFences } from './fences.ts';
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
  root,
  type Shell,
} from './installation.ts';

let emulator: Emulator;
let shell: Shell;
let outputs: Record<string, string>;
let settings: string;
beforeAll(async () => {
  requireTools('deploy');
  emulator = await startEmulator();
  await prepare(emulator);
  shell = openShell(emulator);
});
afterAll(() => emulator?.stop());

const annals = (profile: string, command: string, input = ''): Promise<Ended> =>
  shell(`npm run --silent annals -- --stack Annals ${command}`, input, profile);
const rowsOf = async (name: string) => parseCsv(await readFile(join(checkoutOf(emulator), name), 'utf8'));
const anEvent = JSON.stringify({
  action: 'context.create',
  actor: { id: 'u-17', type: 'user' },
  target: { id: 'c-1', type: 'context' },
  scope: { id: 'acme', type: 'account' },
  success: true,
});

it('bootstraps the account, and deploys the stack by the command line of the docs', async () => {
  await must(shell('npx cdk bootstrap'));
  const [line] = (await readFences('deploy.md')).get('First deploy')!;
  settings = /-c .*/.exec(line!)![0];
  // The packages are installed; and nobody is there who could approve.
  await must(shell(`${line!.replace('npm ci && ', '')} --require-approval never`));
  outputs = await outputsOf(emulator);
});

it('gives the roles the policies of the outputs', async () => {
  const { EmittersPolicy, DirectEmittersPolicy, StaffPolicy } = outputs as Record<string, string>;
  // So that they get as far as the refusal that is asked for.
  const document = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'cloudformation:DescribeStacks', Resource: '*' }],
  };
  await makeRoles(emulator, [
    { name: 'Service', profile: 'emitter', policies: [EmittersPolicy!] },
    { name: 'Direct', profile: 'direct', policies: [DirectEmittersPolicy!], document },
    { name: 'Operator', profile: 'operator', policies: [StaffPolicy!] },
    { name: 'Support', profile: 'support', policies: [StaffPolicy!] },
    { name: 'Stranger', profile: 'stranger', policies: [], document },
  ]);
});

it('takes an event and hands it to support as CSV, by the command lines of deploy.md', async () => {
  const lines = (await readFences('deploy.md')).get('First deploy')!.slice(1);
  expect(lines).toHaveLength(4);
  for (const line of lines) await must(shell(line));
  const rows = await rowsOf('acme.csv');
  expect(rows.map(({ action }) => action).sort()).toEqual([
    'audit_log.admin.grant',
    'audit_log.export.request',
    'context.create',
  ]);
});

it('counts the one event of an installation that is otherwise quiet', async () => {
  const [group] = (await resourcesOf(emulator, 'Annals', 'AWS::Logs::LogGroup')).filter(name =>
    name.includes('ReceiveFunctionLog'),
  );
  const { out } = await must(shell(`aws logs filter-log-events --log-group-name ${group} --output json`));
  const { events } = JSON.parse(out) as { events: { message: string }[] };
  const counts = events
    .filter(({ message }) => message.startsWith('{"_aws"'))
    .map(({ message }) => JSON.parse(message) as Record<string, unknown>);
  expect(counts).toMatchObject([{ Installation: 'Annals', AcceptedEvents: 1, RejectedEvents: 0 }]);
});

it('takes the raised alarm to its topic, and ends it', async () => {
  const { out } = await must(
    shell('aws cloudwatch describe-alarm-history --alarm-name Annals-open-gaps --output json'),
  );
  expect(out).toContain('ALARM');
});

/** Whose command lines those of support.md are, by heading. */
const support: Record<string, string> = {
  '1. The operator grants the admin': 'operator',
  '2. Support exports, with the ticket': 'support',
  '3. Support hands over the link': 'support',
  'A part of a log': 'support',
  'The complete log': 'operator',
  Schedules: 'support',
};

/** The id of an export of a scope. */
const exportOf = async (scope: string): Promise<string> => {
  const { out } = await must(annals('support', `exports --scope ${scope} --json`));
  return /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(out)![0];
};

/** What support.md says about an export that ends with 3: the emulator may take longer than 29 seconds. */
const downloadLater = async (line: string): Promise<void> => {
  const name = /--out (\S+)/.exec(line)![1]!;
  const newest = async () => {
    const { out } = await must(annals('operator', 'exports --all-scopes --json'));
    return (JSON.parse(out) as { id: string; status: string }[])[0]!;
  };
  await vi.waitFor(async () => expect((await newest()).status).toBe('succeeded'), {
    timeout: 120_000,
    interval: 2000,
  });
  await must(annals('operator', `export download ${(await newest()).id} --out ${name}`));
};

it('hands a customer their log by the command lines of support.md', async () => {
  const fences = await readFences('support.md');
  expect([...fences.keys()]).toEqual(Object.keys(support));
  for (const [heading, lines] of fences)
    for (const line of lines) {
      const command = line.includes('EXPORT_ID') ? line.replace('EXPORT_ID', await exportOf('acme')) : line;
      const ended = await shell(command, '', support[heading]);
      if (ended.code === 3) await downloadLater(line);
      else expect(ended.code, `${line}: ${ended.out}${ended.err}`).toBe(0);
    }
  const everything = await rowsOf('everything.csv');
  expect(everything.map(({ action }) => action)).toContain('audit_log.export.download');
});

it('refuses by its commands what a role may not do', async () => {
  const refused: [profile: string, command: string, message: RegExp][] = [
    ['stranger', 'send -', /403/],
    ['stranger', 'exports --scope acme', /403/],
    ['emitter', 'exports --scope acme', /403/],
    ['direct', 'send -', /403/],
    ['support', 'send -', /403/],
    ['support', 'admin grant --scope acme --user u-18', /403/],
    ['support', 'export --all-scopes --reason x --out all.csv', /403/],
    ['support', 'export --scope acme --requested-by u-99 --reason x --out x.csv', /not_an_admin/],
    ['operator', 'send -', /403/],
    ['owner', 'admin grant --scope acme --user u-18', /403/],
  ];
  await Promise.all(
    refused.map(async ([profile, command, message]) => {
      const { code, out, err } = await annals(profile, command, `${anEvent}\n`);
      expect.soft(code, `${profile}: ${command}`).not.toBe(0);
      expect.soft(out + err, `${profile}: ${command}`).toMatch(message);
    }),
  );
});

it('keeps the roles from everything below Annals', async () => {
  const { StreamName, WorkGroup } = outputs;
  const buckets = ['Ledger', 'State', 'Views', 'Aside', 'Results'].map(name => outputs[`${name}Bucket`]);
  const roles = ['emitter', 'direct', 'operator', 'support', 'stranger'];
  const calls = roles.flatMap(role => [
    ...buckets.flatMap((Bucket): ApiCall[] => [
      [role, 's3', 'list_objects_v2', { Bucket }],
      [role, 's3', 'put_object', { Bucket, Key: 'x', Body: 'x' }],
      [role, 's3', 'delete_object', { Bucket, Key: 'installation.json' }],
    ]),
    [role, 'kinesis', 'put_record', { StreamName, Data: 'x', PartitionKey: 'x' }] as const,
    [role, 'athena', 'start_query_execution', { QueryString: 'SELECT 1', WorkGroup }] as const,
  ]);
  const outcomes = await outcomesOf(emulator, calls);
  const open = calls.filter((_, index) => !/AccessDenied|NotAuthorized|Unauthorized/.test(outcomes[index]!));
  expect(open).toEqual([]);
});

it('lets nobody, not even the owner, delete from the ledger or overwrite it', async () => {
  const Bucket = outputs.LedgerBucket!;
  const { out } = await must(shell(`aws s3api list-objects-v2 --bucket ${Bucket} --output json`));
  const { Contents } = JSON.parse(out) as { Contents: { Key: string }[] };
  const { Key } = Contents[0]!;
  expect(
    await outcomesOf(emulator, [
      ['owner', 's3', 'delete_object', { Bucket, Key }],
      ['owner', 's3', 'put_object', { Bucket, Key, Body: 'x' }],
    ]),
  ).toEqual(['AccessDenied', 'AccessDenied']);
});

it('keeps the promises that the contract suite asks for', async () => {
  await must(shell(`aws iam attach-role-policy --role-name Operator --policy-arn ${outputs.ContractPolicy}`));
  const { code, out, err } = await shell(
    `cd ${root} && ANNALS_STACK=Annals npm run contract`,
    '',
    'operator',
  );
  expect(code, out + err).toBe(0);
});

it('is updated with a changed setting, and its log is complete after that', async () => {
  await must(shell(`npx cdk deploy --require-approval never ${settings} -c annals:refusedDays=91`));
  await must(annals('emitter', 'send -', `${anEvent}\n`));
  await must(annals('support', 'export --scope acme --requested-by u-17 --reason later --out later.csv'));
  const actions = (await rowsOf('later.csv')).map(({ action }) => action);
  expect(actions.filter(action => action === 'context.create')).toHaveLength(2);
});

/** When the stack was last changed, and its outputs. */
const stateOf = async () => {
  const { out } = await must(shell('aws cloudformation describe-stacks --stack-name Annals --output json'));
  const { Stacks } = JSON.parse(out) as { Stacks: { LastUpdatedTime: string; Outputs: object }[] };
  return { changed: Stacks[0]!.LastUpdatedTime, outputs: Stacks[0]!.Outputs };
};

it('refuses an update that forgets a setting or changes the buckets, before anything changes', async () => {
  const before = await stateOf();
  const { code, out, err } = await shell(
    `npx cdk deploy --require-approval never ${settings} -c annals:buckets=64`,
  );
  expect(code).not.toBe(0);
  expect(out + err).toContain('annals:refusedDays=91; give them too, or say annals:forget=refusedDays');
  expect(out + err).toContain('set annals:buckets back to 32');
  expect(await stateOf()).toEqual(before);
});

it('goes on as before if an update fails, here because the issuer cannot be reached', async () => {
  const { outputs } = await stateOf();
  const { code, out, err } = await shell(
    `npx cdk deploy --require-approval never ${settings} -c annals:refusedDays=91` +
      ' -c annals:jwtIssuer=https://127.0.0.1:1 -c annals:jwtAudience=annals',
  );
  expect(code).not.toBe(0);
  expect(out + err).toContain('Invalid issuer');
  expect((await stateOf()).outputs).toEqual(outputs);
  await must(annals('emitter', 'send -', `${anEvent}\n`));
  await must(annals('support', 'export --scope acme --requested-by u-17 --reason last --out last.csv'));
  const actions = (await rowsOf('last.csv')).map(({ action }) => action);
  expect(actions.filter(action => action === 'context.create')).toHaveLength(3);
});
