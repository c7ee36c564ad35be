import { describe, expect, it } from 'vitest';
import { deliveryFaults } from '#domain/deliver/destination.ts';
import { deliveryStates } from '#domain/deliver/progress.ts';
import {
  type Delivery,
  describeDestination,
  describeFault,
  describeFilter,
  describeLag,
  describeSeconds,
  describeUndelivered,
  stateTypeOf,
} from '#web/deliveries/describe-delivery.ts';

const health = (change: Partial<Delivery['health']>) => change as Delivery['health'];

const refusedAt = (occurred_at: string) => {
  const { meaning, cure } = deliveryFaults.refused;
  return {
    id: 'e',
    occurred_at,
    run: 1,
    code: 'refused' as const,
    status: 403,
    at: occurred_at,
    meaning,
    cure,
  };
};

describe('a delivery', () => {
  it('says where it goes', () => {
    const url = 'https://siem.example.com/annals';
    expect(describeDestination({ type: 'https', url })).toBe(url);
    const bucket = { type: 's3', bucket: 'logs', region: 'eu-central-1', role_arn: 'a' } as const;
    expect(describeDestination(bucket)).toBe('s3://logs');
    expect(describeDestination({ ...bucket, prefix: 'a/b' })).toBe('s3://logs/a/b');
    expect(describeDestination({ type: 'directory', path: 'acme' })).toBe('acme');
  });

  it.each([
    [null, 'unknown'],
    [0, '0 seconds'],
    [1, '1 second'],
    [119, '119 seconds'],
    [120, '2 minutes'],
    [7199, '119 minutes'],
    [7200, '2 hours'],
    [172_799, '47 hours'],
    [172_800, '2 days'],
  ])('says a duration of %s seconds', (seconds, text) => {
    expect(describeSeconds(seconds)).toBe(text);
  });

  it('says whose lag it is', () => {
    expect(describeLag(health({ ledger_lag_seconds: 30, delivery_lag_seconds: 7200 }))).toBe(
      'Log: 30 seconds, destination: 2 hours',
    );
  });

  it('says which event it could not deliver is the oldest, if it can tell', () => {
    const none = health({ undelivered: { count: 0, newest: [] } });
    expect(describeUndelivered(none, 'UTC')).toBeUndefined();
    const newest = ['2026-11-25T12:00:00.000000000Z', '2026-11-24T12:00:00.000000000Z'].map(refusedAt);
    expect(describeUndelivered(health({ undelivered: { count: 2, newest } }), 'UTC')).toBe(
      '2 events, the oldest of 2026-11-24 12:00:00 UTC',
    );
    expect(describeUndelivered(health({ undelivered: { count: 3, newest } }), 'UTC')).toBe(
      '3 events, among them one of 2026-11-24 12:00:00 UTC',
    );
  });

  it('says what is wrong, with the status if there was an answer', () => {
    const { meaning } = deliveryFaults.refused;
    expect(describeFault({ meaning, status: null })).toBe('The receiver refuses what is sent');
    expect(describeFault({ meaning, status: 1403 })).toBe(
      'The receiver refuses what is sent (HTTP status 1403)',
    );
  });

  it('says which actions it has, as they were typed', () => {
    expect(describeFilter(null)).toBe('All');
    expect(describeFilter({ action: ['"user."*', '-"context.delete"'] })).toBe('user.*, -context.delete');
  });

  it('has a sign for each state', () => {
    expect(new Set(deliveryStates.map(stateTypeOf)).size).toBe(deliveryStates.length);
  });
});
