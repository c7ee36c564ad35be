import { describe, expect, it } from 'vitest';
import { problemCodes, problems } from '#domain/http/problem.ts';

describe('the types of problems', () => {
  it('have each a title of its own, in a few words', () => {
    const titles = problemCodes.map(code => problems[code].title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const title of titles) {
      expect(title.length, title).toBeLessThanOrEqual(40);
      expect(title).toMatch(/^\w.*[^.]$/);
    }
  });

  it('have statuses of errors, and codes that programs can hold', () => {
    for (const code of problemCodes) {
      expect(problems[code].status).toBeGreaterThanOrEqual(400);
      expect(problems[code].status).toBeLessThan(600);
      expect(code).toMatch(/^[a-z][a-z0-9_]+$/);
    }
  });
});
