import { beforeAll, describe, expect, it } from 'vitest';
import { flat, list, type Statement, synthesize } from '#test/lib/synth.ts';

type Stack = Awaited<ReturnType<typeof synthesize>>;
let stack: Stack;
beforeAll(async () => {
  stack = await synthesize({ jwtIssuer: 'https://login.example.com', jwtAudience: 'annals' });
});

type Service = Statement & { Principal?: { Service?: string; AWS?: unknown } | '*' };
const statementsOf = (type: string, prefix = '', { one }: Stack = stack): Service[] => {
  const { PolicyDocument, KeyPolicy } = one(type, prefix).Properties as Record<
    string,
    { Statement: Service[] }
  >;
  return (PolicyDocument ?? KeyPolicy)!.Statement;
};

/** The account and the region of the test. */
const here = (text: string): string =>
  text
    .replaceAll('<AWS::Partition>', 'aws')
    .replaceAll('<AWS::Region>', 'eu-west-1')
    .replaceAll('<AWS::AccountId>', '123456789012');
const escapeText = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const isLike = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.split('*').map(escapeText).join('.*')}$`).test(text);

/** Whether a policy lets CloudWatch do it for this alarm. */
const letsCloudWatch = (
  statements: readonly Service[],
  action: string,
  { source, account = '123456789012' }: { source: string; account?: string },
): boolean =>
  statements.some(({ Effect, Principal, Action, Condition = {} }) => {
    if (Effect !== 'Allow' || typeof Principal !== 'object') return false;
    const { StringEquals = {}, ArnLike = {}, ...others } = Condition;
    return (
      Principal.Service === 'cloudwatch.amazonaws.com' &&
      list(Action).some(pattern => isLike(pattern, action)) &&
      Object.keys(others).length === 0 &&
      here(flat(StringEquals['aws:SourceAccount'])) === account &&
      isLike(here(flat(ArnLike['aws:SourceArn'])), source)
    );
  });

const alarms = (): { AlarmName: string; AlarmActions: unknown[]; OKActions: unknown[] }[] =>
  stack.ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties as never);
const arnOf = (name: string, region = 'eu-west-1', account = '123456789012'): string =>
  `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;

describe('an alarm', () => {
  it('reaches the topic: its policy lets CloudWatch publish, and that is the policy of that topic', () => {
    const { id } = stack.one('AWS::SNS::Topic', 'Alarms');
    const policy = stack.one('AWS::SNS::TopicPolicy', 'Alarms').Properties;
    expect(policy.Topics).toEqual([{ Ref: id }]);
    const statements = statementsOf('AWS::SNS::TopicPolicy', 'Alarms');
    for (const { Resource } of statements) expect(Resource).toEqual({ Ref: id });
    expect(alarms().length).toBeGreaterThan(10);
    for (const { AlarmName, AlarmActions, OKActions } of alarms()) {
      expect([...AlarmActions, ...OKActions], AlarmName).toEqual([{ Ref: id }, { Ref: id }]);
      expect(letsCloudWatch(statements, 'sns:Publish', { source: arnOf(AlarmName) }), AlarmName).toBe(true);
    }
  });

  it('is encrypted with a key that CloudWatch may use for it', () => {
    const { id } = stack.one('AWS::KMS::Key');
    expect(stack.one('AWS::SNS::Topic', 'Alarms').Properties.KmsMasterKeyId).toEqual({
      'Fn::GetAtt': [id, 'Arn'],
    });
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext'])
      for (const { AlarmName } of alarms())
        expect(
          letsCloudWatch(statementsOf('AWS::KMS::Key'), action, { source: arnOf(AlarmName) }),
          `${action} for ${AlarmName}`,
        ).toBe(true);
  });

  it.each([
    [
      'another account',
      { source: arnOf('Annals-open-gaps', 'eu-west-1', '999999999999'), account: '999999999999' },
    ],
    ['another account, said to be of this one', { source: arnOf('x', 'eu-west-1', '999999999999') }],
    ['another region', { source: arnOf('Annals-open-gaps', 'us-east-1') }],
    ['something that is not an alarm', { source: 'arn:aws:cloudwatch::123456789012:dashboard/Annals' }],
  ])('of %s reaches neither the topic nor the key', (_, source) => {
    expect(letsCloudWatch(statementsOf('AWS::SNS::TopicPolicy', 'Alarms'), 'sns:Publish', source)).toBe(
      false,
    );
    expect(letsCloudWatch(statementsOf('AWS::KMS::Key'), 'kms:Decrypt', source)).toBe(false);
  });

  it('asks nothing of the key if the topic is one of the company’s own', async () => {
    const own = await synthesize({ alarmTopic: 'arn:aws:sns:eu-west-1:123456789012:pager' });
    expect(JSON.stringify(statementsOf('AWS::KMS::Key', '', own))).not.toContain('cloudwatch');
  });
});

describe('every policy of a topic, a queue or a key', () => {
  it('lets somebody in who is named, and is not a Deny alone', () => {
    const others: Service[] = [];
    for (const type of ['AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy'])
      for (const [id, { Properties }] of stack.ofType(type)) {
        const { Statement } = Properties.PolicyDocument as { Statement: Service[] };
        const allowed = Statement.filter(({ Effect }) => Effect === 'Allow');
        // Roles of this account publish by the policies of their own.
        expect(allowed.length > 0 || id.startsWith('Notifications'), id).toBe(true);
        others.push(...Statement.filter(({ Effect }) => Effect === 'Deny'));
      }
    // What is denied is denied to callers without TLS alone.
    for (const { Condition } of others)
      expect(Condition).toEqual({ Bool: { 'aws:SecureTransport': 'false' } });
  });
});
