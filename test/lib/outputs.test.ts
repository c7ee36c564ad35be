import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { addOutputs } from '#lib/outputs.ts';

describe('the outputs', () => {
  it('are those that there are, each with what it is for', () => {
    const stack = new Stack();
    addOutputs(stack, { EventsUrl: 'https://events.example.com/', StreamName: 'annals' });
    expect(Template.fromStack(stack).toJSON().Outputs).toEqual({
      EventsUrl: {
        Value: 'https://events.example.com/',
        Description: 'Where services send events, under IAM',
      },
      StreamName: { Value: 'annals', Description: 'The stream that acknowledged events pass through' },
    });
  });
});
