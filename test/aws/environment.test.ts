import { describe, expect, it } from 'vitest';
import { readEnvironment } from '#aws/environment.ts';

const archive = {
  ANNALS_INSTALLATION: 'i',
  ANNALS_BUCKETS: '32',
  ANNALS_STATE: 'state',
  ANNALS_STREAM: 'annals',
  ANNALS_LEDGER: 'ledger',
  ANNALS_ASIDE: 'aside',
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
      /^The environment of archive is not complete: ANNALS_BUCKETS: Expected a power of two.*; ANNALS_STREAM: /,
    );
  });
});
