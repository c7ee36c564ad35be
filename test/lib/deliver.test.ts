import { describe, expect, it } from 'vitest';
import { flat, list, synthesize } from './synth.ts';

const { one, statementsOf } = await synthesize();
const on = (stage: string, action: string) =>
  statementsOf(stage)
    .filter(({ Action }) => list(Action).includes(action))
    .flatMap(({ Resource }) => list(Resource).map(flat))
    .map(resource => resource.replace(/^<Storage([A-Za-z]+?)[0-9A-F]{8}\.Arn>/, '$1'))
    .sort();

describe('deliver', () => {
  it('runs every minute, and at most two runs at a time', () => {
    expect(one('AWS::Events::Rule', 'DeliverMinute').Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
    });
    expect(one('AWS::Lambda::Function', 'DeliverFunction').Properties).toMatchObject({
      Timeout: 300,
      ReservedConcurrentExecutions: 2,
    });
  });

  it('changes nothing but its own records', () => {
    expect(on('DeliverFunction', 's3:PutObject')).toEqual([
      'State/deliveries-open/*',
      'State/deliveries/*',
      'State/delivery-progress/*',
      'State/delivery-work/*',
      'State/installation.json',
      'State/notices/*',
    ]);
    expect(on('DeliverFunction', 's3:DeleteObject')).toEqual([
      'State/deliveries-open/*',
      'State/delivery-secrets/*',
    ]);
  });

  it('has the key that seals secrets, as manage has it and no other function', () => {
    const keyOf = (stage: string) =>
      (one('AWS::Lambda::Function', stage).Properties.Environment as { Variables: Record<string, unknown> })
        .Variables.ANNALS_DELIVERY_KEY;
    expect(flat(keyOf('DeliverFunction'))).toMatch(/^{{resolve:secretsmanager:<DeliveryKey/);
    expect(keyOf('ManageFunction')).toEqual(keyOf('DeliverFunction'));
    expect(keyOf('TickFunction')).toBeUndefined();
    expect(on('TickFunction', 's3:GetObject').filter(name => name.includes('deliver'))).toEqual([]);
  });

  it.each(['DeliverFunction', 'ManageFunction'])('%s assumes roles of other accounts alone', stage => {
    const assumes = statementsOf(stage).filter(({ Action }) => list(Action).includes('sts:AssumeRole'));
    expect(assumes).toMatchObject([
      { Condition: { StringNotEquals: { 'aws:ResourceAccount': { Ref: 'AWS::AccountId' } } } },
    ]);
  });
});
