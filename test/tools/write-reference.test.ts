import { describe, expect, it } from 'vitest';
import { staleReferencePages } from '#tools/write-reference.ts';

describe('the reference pages', () => {
  it('are what the code says: otherwise run "npm run reference"', async () => {
    expect(await staleReferencePages()).toEqual([]);
  });
});
