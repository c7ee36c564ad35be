import { beforeAll, describe, expect, it } from 'vitest';
import { list, synthesize } from './synth.ts';

let stack: Awaited<ReturnType<typeof synthesize>>;
beforeAll(async () => {
  stack = await synthesize();
});

describe('the stage browse', () => {
  it('lists what it reads, so that a key that does not exist is no 403, and writes nothing but its records', () => {
    const actions = stack.statementsOf('Browse').flatMap(({ Action }) => list(Action));
    expect(actions).toEqual(
      expect.arrayContaining(['s3:ListBucket', 's3:GetObject', 'kms:Decrypt', 'kinesis:PutRecords']),
    );
    expect(actions.filter(action => /athena|glue|Delete/.test(action))).toEqual([]);
  });

  it('takes no more of the account than it needs, and answers before API Gateway gives up', () => {
    expect(stack.one('AWS::Lambda::Function', 'BrowseFunction').Properties).toMatchObject({
      ReservedConcurrentExecutions: 20,
      Timeout: 29,
    });
  });
});
