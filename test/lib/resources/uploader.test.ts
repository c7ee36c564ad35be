import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { uploaderRole } from '#lib/resources/uploader.ts';
import { flat, list, type Statement } from '#test/lib/synth.ts';

describe('the uploader', () => {
  const stack = new Stack(new App(), 'S');
  const bucket = new Bucket(stack, 'Page');
  const role = uploaderRole(stack, bucket, new LogGroup(stack, 'Log'));
  bucket.grantDelete(role);
  const template = Template.fromStack(stack);
  const [[, { Properties }]] = Object.entries(template.findResources('AWS::IAM::Role')) as [
    [string, { Properties: { Policies: { PolicyDocument: { Statement: Statement[] } }[] } }],
  ];
  const statements = Properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);

  it('may read what CDK has staged, and fill the bucket of the page; neither delete nor reach another', () => {
    const allowed = statements.map(({ Action, Resource }) => [list(Action).join(' '), flat(Resource)]);
    const id = Object.keys(template.findResources('AWS::S3::Bucket'))[0];
    expect(allowed).toEqual([
      ['s3:GetObject', 'arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*'],
      ['s3:ListBucket', `<${id}.Arn>`],
      ['s3:GetObject s3:PutObject', `<${id}.Arn>/*`],
      ['logs:CreateLogStream logs:PutLogEvents', expect.stringMatching(/^<Log.*\.Arn>$/)],
    ]);
  });

  it('gets nothing more by what CDK would grant it', () => {
    expect(template.findResources('AWS::IAM::Policy')).toEqual({});
  });
});
