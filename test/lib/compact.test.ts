import { describe, expect, it } from 'vitest';
import { flat, list, type Statement, synthesize } from './synth.ts';

const { one, resources } = await synthesize({ breakGlassRole: 'arn:aws:iam::123456789012:role/break-glass' });
const policyOf = (bucket: string): Statement[] =>
  (
    Object.entries(resources).find(
      ([id, { Type }]) => Type === 'AWS::S3::BucketPolicy' && id.startsWith(`Storage${bucket}`),
    )![1].Properties as { PolicyDocument: { Statement: Statement[] } }
  ).PolicyDocument.Statement;

describe('compact', () => {
  it('runs every quarter of an hour, and at most one run at a time', () => {
    expect(one('AWS::Events::Rule', 'CompactQuarter').Properties).toMatchObject({
      ScheduleExpression: 'rate(15 minutes)',
    });
    expect(one('AWS::Lambda::Function', 'Compact').Properties).toMatchObject({
      Timeout: 900,
      ReservedConcurrentExecutions: 1,
    });
  });

  it('reads the ledger, and writes and deletes nothing but views and its own records', () => {
    const { id, Properties } = one('AWS::IAM::Role', 'CompactFunction');
    const statements = (Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[]).flatMap(
      ({ PolicyDocument }) => PolicyDocument.Statement,
    );
    const on = (action: string) =>
      statements
        .filter(({ Action }) => list(Action).includes(action))
        .flatMap(({ Resource }) => list(Resource).map(flat))
        .map(resource => resource.replace(/^<Storage([A-Za-z]+?)[0-9A-F]{8}\.Arn>/, '$1'))
        .sort();
    expect(on('s3:GetObject').filter(name => name.startsWith('Ledger'))).toEqual(['Ledger/events/*']);
    expect(on('s3:PutObject')).toEqual([
      'State/compact/*',
      'State/installation.json',
      'Views/recent/*',
      'Views/segments/*',
    ]);
    expect(on('s3:DeleteObject')).toEqual(['Views/recent/*', 'Views/segments/*']);
    const spared = { 'Fn::GetAtt': [id, 'Arn'] };
    expect(policyOf('Views')).toContainEqual(
      expect.objectContaining({
        Sid: 'OnlyCompactChangesIt',
        Effect: 'Deny',
        Action: ['s3:PutObject', 's3:DeleteObject'],
        Condition: {
          ArnNotEquals: { 'aws:PrincipalArn': [spared, 'arn:aws:iam::123456789012:role/break-glass'] },
        },
      }),
    );
  });
});
