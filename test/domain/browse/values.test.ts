import { describe, expect, it } from 'vitest';
import { maxValues, Values } from '#domain/browse/values.ts';

describe('the values of a field', () => {
  it('are counted by event, the most frequent first', () => {
    const values = new Values('address');
    for (const request of [
      '{"ip_address":"::ffff:192.0.2.1","ip_address":"192.0.2.1"}',
      '{"ip_address":"2001:DB8::1"}',
      '{"ip_address":"192.0.2.1"}',
      '{}',
    ])
      expect(values.add({ request })).toBe(true);
    expect(values.add({})).toBe(true);
    expect(values.counts()).toEqual([
      { value: '192.0.2.1', events: 2 },
      { value: '2001:db8::1', events: 1 },
    ]);
  });

  it('are bounded: an event with another one does not fit', () => {
    const values = new Values('actor');
    for (let n = 0; n < maxValues; n++) values.add({ actor_id: `__proto__${n}` });
    expect(values.add({ actor_id: 'another' })).toBe(false);
    expect(values.add({ actor_id: '__proto__1' })).toBe(true);
    expect(values.counts()[0]).toEqual({ value: '__proto__1', events: 2 });
  });
});
