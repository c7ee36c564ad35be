import { describe, expect, it } from 'vitest';
import { type FunctionName, readEnvironment, variablesOf } from '#aws/environment.ts';
import { errorFacts } from '#functions/runtime/log.ts';

const archive = {
  ANNALS_INSTALLATION: 'i',
  ANNALS_BUCKETS: '32',
  ANNALS_STATE: 'state',
  ANNALS_STREAM: 'annals',
  ANNALS_LEDGER: 'ledger',
  ANNALS_ASIDE: 'aside',
};

const catchError = (run: () => unknown): Error => {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not throw');
};

describe('the environment of a function', () => {
  it('is read with its types, and holds only what the function reads', () => {
    expect(readEnvironment('archive', { ...archive, ANNALS_RESULTS: 'r', PATH: '/bin' })).toEqual({
      ...archive,
      ANNALS_BUCKETS: 32,
    });
  });

  it('is refused with every variable that is missing or wrong', () => {
    const { ANNALS_STREAM, ...rest } = archive;
    expect(() => readEnvironment('archive', { ...rest, ANNALS_BUCKETS: '33' })).toThrow(
      /^The environment of archive is not complete: ANNALS_BUCKETS: Expected a power of two.*; ANNALS_STREAM: missing$/,
    );
  });

  it('has the ports that deliveries may connect to as numbers, or says what is wrong with them', () => {
    const deliver = {
      ...archive,
      ANNALS_VIEWS: 'views',
      ANNALS_STALL_SECONDS: '900',
      ANNALS_DIRECTORY_FUNCTION: '',
      ANNALS_DELIVERY_KEY: 'k',
      ANNALS_ACCOUNT: '123456789012',
    };
    const portsOf = (text: string) =>
      readEnvironment('deliver', { ...deliver, ANNALS_DELIVERY_PORTS: text }).ANNALS_DELIVERY_PORTS;
    expect(portsOf('')).toEqual([]);
    expect(portsOf('8088,8443')).toEqual([8088, 8443]);
    expect(() => portsOf('8088;8443')).toThrow(
      'ANNALS_DELIVERY_PORTS: The value has "8088;8443"; expected ports from 1 to 65535',
    );
  });

  it('is refused in a message that the log does not truncate, if all its variables are missing', () => {
    for (const name of Object.keys(variablesOf) as FunctionName[]) {
      const fault = catchError(() => readEnvironment(name, {}));
      expect(errorFacts(fault).detail).toBe(fault.message);
    }
  });
});
