import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { variablesOf } from '#aws/environment.ts';
import { flat, list, type Statement, synthesize } from '#test/lib/synth.ts';

type Stack = Awaited<ReturnType<typeof synthesize>>;
const root = join(import.meta.dirname, '../../..');
const stages = Object.keys(variablesOf) as (keyof typeof variablesOf)[];
/** The logical id of what a stage's function has. */
const stageId = (stage: string): string => `${stage[0]!.toUpperCase()}${stage.slice(1)}Function`;

let stack: Stack;
beforeAll(async () => {
  stack = await synthesize();
});

const key = Match.objectLike({ 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] });

describe('every function', () => {
  it.each(stages)('%s runs on the newest runtime, on arm64, and logs no line a request', stage => {
    expect(stack.one('AWS::Lambda::Function', stageId(stage)).Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN', ApplicationLogLevel: 'INFO' },
    });
  });

  it.each(stages)('%s has its whole environment and nothing else', stage => {
    const { Environment } = stack.one('AWS::Lambda::Function', stageId(stage)).Properties as {
      Environment: { Variables: Record<string, unknown> };
    };
    expect(Object.keys(Environment.Variables).sort()).toEqual([...variablesOf[stage]].sort());
  });

  it.each(stages)('%s has a log group of its own, encrypted and with an end', stage => {
    const { LoggingConfig } = stack.one('AWS::Lambda::Function', stageId(stage)).Properties as {
      LoggingConfig: { LogGroup: { Ref: string } };
    };
    stack.template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 90, KmsKeyId: key });
    expect(stack.resources[LoggingConfig.LogGroup.Ref]!.Properties).toMatchObject({
      RetentionInDays: 90,
      KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
    });
  });

  it('is made by the one construct, and there are no others', () => {
    expect(stack.ofType('AWS::Lambda::Function')).toHaveLength(stages.length);
    for (const file of readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).filter(
      name => name.endsWith('.ts') && name !== 'function/annals-function.ts',
    ))
      expect(readFileSync(join(root, 'lib', file), 'utf8'), file).not.toMatch(
        /new (NodejsFunction|Function|CfnFunction)\(/,
      );
  });

  it('limits how many run at once if more would do harm, and can be left unbounded', async () => {
    const bounds = ({ ofType }: Stack) =>
      Object.fromEntries(
        ofType('AWS::Lambda::Function').map(([id, { Properties }]) => [
          id.replace(/Function.*/, ''),
          Properties.ReservedConcurrentExecutions,
        ]),
      );
    expect(bounds(stack)).toEqual({
      Receive: undefined,
      Archive: undefined,
      Compact: 1,
      Deliver: 2,
      Browse: 20,
      Export: 20,
      Finish: 10,
      Tick: 5,
      Manage: undefined,
      Describe: 2,
    });
    expect(new Set(Object.values(bounds(await synthesize({ reserveConcurrency: 'false' }))))).toEqual(
      new Set([undefined]),
    );
    expect(bounds(await synthesize({ receiveConcurrency: '7' }))).toMatchObject({ Receive: 7 });
  });
});

describe('permissions', () => {
  const allStatements = (): [string, Statement][] => [
    ...stack
      .ofType('AWS::IAM::Role')
      .flatMap(([id, { Properties }]) =>
        (Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
          ({ PolicyDocument }) =>
            PolicyDocument.Statement.map(statement => [id, statement] as [string, Statement]),
        ),
      ),
    ...stack
      .ofType('AWS::IAM::ManagedPolicy')
      .flatMap(([id, { Properties }]) =>
        (Properties.PolicyDocument as { Statement: Statement[] }).Statement.map(
          statement => [id, statement] as [string, Statement],
        ),
      ),
  ];

  it('name every action, and come from nowhere but the statements of the stages', () => {
    expect(allStatements().length).toBeGreaterThan(40);
    for (const [id, { Action }] of allStatements())
      for (const action of list(Action)) expect(action, id).toMatch(/^[a-z0-9-]+:[A-Za-z]+$/);
    expect(stack.ofType('AWS::IAM::Policy')).toEqual([]);
    for (const [id, { Properties }] of stack.ofType('AWS::IAM::Role'))
      expect(Properties.ManagedPolicyArns, id).toBeUndefined();
  });

  /** See the test of `sts:AssumeRole`. */
  const anyRole = 'arn:<AWS::Partition>:iam::*:role/*';
  const named = [
    /^[^*]+$/,
    /^<Storage(Ledger|State|Aside|Results|Views)\w+\.Arn>\/[a-z-]+\/((lambda|lane=late)\/)?\*$/,
    /^<\w+Log\w+\.Arn>$/,
    /^arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack\/Annals\/\*$/,
    /^arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<StaffApi\w+>\/\*\/\*\/\*$/,
  ];

  it('name every resource, but for those below a prefix, log groups, routes of the API and roles of customers', () => {
    for (const [id, statement] of allStatements())
      for (const resource of list(statement.Resource)
        .map(flat)
        .filter(one => one !== anyRole))
        expect(
          named.some(form => form.test(resource)),
          `${id}: ${resource}`,
        ).toBe(true);
  });

  it('let deliver, and manage for tests, assume roles of other accounts alone', () => {
    const assuming = allStatements().filter(([, { Action }]) => list(Action).includes('sts:AssumeRole'));
    expect(assuming.map(([id]) => id.replace(/Function.*/, '')).sort()).toEqual(['Deliver', 'Manage']);
    for (const [id, { Action, Resource, Condition }] of assuming) {
      expect([list(Action), list(Resource).map(flat)], id).toEqual([['sts:AssumeRole'], [anyRole]]);
      expect(list(Condition!.StringNotEquals!['aws:ResourceAccount']).map(flat), id).toEqual([
        '<AWS::AccountId>',
      ]);
    }
  });

  it('let a function use the key through a service only', () => {
    for (const [id, { Action, Condition }] of allStatements())
      if (list(Action).some(action => action.startsWith('kms:')))
        expect(Object.keys(Condition!.StringEquals!), id).toEqual(['kms:ViaService']);
  });

  it('let the ledger be written by archive alone, and read by those alone that read or measure it', () => {
    const touching = (action: string) =>
      allStatements().filter(
        ([, { Action, Resource }]) =>
          list(Action).includes(action) &&
          list(Resource).some(resource => flat(resource).startsWith('<StorageLedger')),
      );
    expect(touching('s3:PutObject').map(([id]) => id.replace(/Function.*/, ''))).toEqual(['Archive']);
    const direct = ['Compact', 'Browse', 'Deliver', 'Manage'];
    const reading = touching('s3:GetObject').map(([id, statement]): [string, Statement] => [
      id.replace(/Function.*/, ''),
      statement,
    ]);
    expect(reading.map(([id]) => id)).toEqual(expect.arrayContaining(direct));
    for (const [id, { Condition, Resource }] of reading)
      if (direct.includes(id))
        expect(list(Resource).map(flat)).toEqual([expect.stringMatching(/\/events\/\*$/)]);
      else if (list(Resource).some(resource => !flat(resource).endsWith('/lane=late/*')))
        expect(Condition, id).toEqual({
          'ForAnyValue:StringEquals': { 'aws:CalledVia': ['athena.amazonaws.com'] },
        });
    expect(touching('s3:DeleteObject')).toEqual([]);
  });
});
