import { describe, expect, it } from 'vitest';
import {
  completeInstallation,
  currentFormat,
  installationConflict,
  isInstallation,
  newInstallation,
} from '#domain/archive/installation.ts';

const configured = { buckets: 32, ledger: 'ledger' };
const whole = newInstallation(configured, 'id-1');

describe('the record of an installation', () => {
  it('of 0.1.0, which holds the buckets alone, is completed; one that is whole is left as it is', () => {
    expect(completeInstallation({ buckets: 32 }, configured, 'id-1')).toEqual(whole);
    expect(completeInstallation(whole, configured, 'id-2')).toBe(whole);
    const later = { ...whole, format: currentFormat + 1, more: 1 };
    expect(completeInstallation(later, configured, 'id-2')).toBe(later);
    expect(completeInstallation({ ...whole, ledger: null }, configured, 'id-2')).toEqual(whole);
  });

  it('agrees with its configuration, or says what to set back', () => {
    expect(installationConflict(whole, configured)).toBeUndefined();
    expect(installationConflict(whole, { buckets: 32 })).toBeUndefined();
    expect(installationConflict({ ...whole, ledger: null }, configured)).toBeUndefined();
    expect(installationConflict(whole, { ...configured, buckets: 64 })).toContain('set it back to 32');
    expect(installationConflict(whole, { ...configured, ledger: 'other' })).toContain(
      'set it back to "ledger"',
    );
    expect(installationConflict({ ...whole, format: currentFormat + 1 }, configured)).toContain(
      `${currentFormat + 1}`,
    );
  });

  it('is read back, and nothing else is', () => {
    expect([whole, { buckets: 1 }, { ...whole, ledger: null }].map(isInstallation)).toEqual([
      true,
      true,
      true,
    ]);
    const wrong: object[] = [
      {},
      { buckets: 3 },
      { buckets: '32' },
      { ...whole, id: '' },
      { ...whole, format: 0 },
      { ...whole, filed_from: 'noon' },
    ];
    for (const value of wrong) expect(isInstallation(value), JSON.stringify(value)).toBe(false);
  });
});
