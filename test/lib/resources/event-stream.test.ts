import { beforeAll, describe, expect, it } from 'vitest';
import { synthesize } from '#test/lib/synth.ts';

type Stack = Awaited<ReturnType<typeof synthesize>>;
/** The logical id of what a stage's function has. */
let stack: Stack;
beforeAll(async () => {
  stack = await synthesize();
});

describe('the stream', () => {
  it('is on demand, encrypted, kept for 7 days, and not deleted with the stack', () => {
    const { Properties, DeletionPolicy } = stack.one('AWS::Kinesis::Stream');
    expect(Properties).toMatchObject({
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      RetentionPeriodHours: 7 * 24,
      StreamEncryption: {
        EncryptionType: 'KMS',
        KeyId: { 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] },
      },
    });
    expect(DeletionPolicy).toBe('RetainExceptOnCreate');
  });

  it('is provisioned if that is set', async () => {
    const { one } = await synthesize({ streamMode: 'provisioned', shards: '3' });
    expect(one('AWS::Kinesis::Stream').Properties).toMatchObject({
      ShardCount: 3,
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
    });
  });

  it('is read from its start, in order, up to an age and not a count; records that are given up are kept whole', () => {
    const { Properties } = stack.one('AWS::Lambda::EventSourceMapping');
    expect(Properties).toEqual({
      FunctionName: { Ref: stack.one('AWS::Lambda::Function', 'Archive').id },
      EventSourceArn: { 'Fn::GetAtt': [stack.one('AWS::Kinesis::Stream').id, 'Arn'] },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 30,
      ParallelizationFactor: 1,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRecordAgeInSeconds: 6 * 86_400,
      DestinationConfig: {
        OnFailure: {
          Destination: { 'Fn::GetAtt': [stack.one('AWS::S3::Bucket', 'StorageAside').id, 'Arn'] },
        },
      },
      MetricsConfig: { Metrics: ['EventCount'] },
    });
  });
});
