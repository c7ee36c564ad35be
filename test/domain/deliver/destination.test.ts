import { describe, expect, it } from 'vitest';
import { deliveryFaultCodes, deliveryFaults } from '#domain/deliver/destination.ts';

describe('what can be wrong with a destination', () => {
  it('says of each code what it means and what to do', () => {
    for (const code of deliveryFaultCodes) {
      const { meaning, cure } = deliveryFaults[code];
      expect(meaning, code).toMatch(/^[A-Z].*[^.]$/);
      expect(cure, code).toMatch(/^[A-Z].*[^.]$/);
    }
  });

  it('stops only for what no later try can mend', () => {
    expect(deliveryFaultCodes.filter(code => deliveryFaults[code].stops)).toEqual([
      'role_open',
      'own_account',
      'bucket_missing',
      'bucket_of_another_owner',
      'bucket_in_another_region',
      'key_taken',
      'directory_not_allowed',
    ]);
  });
});
