import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPathField, maxPathUnits, maxSteps, printPath, readPath } from '#domain/filter/path.ts';

describe('a path', () => {
  it.each([
    ['branch', ['branch'], 6],
    ['pull_request.head-ref.sha:x', ['pull_request', 'head-ref', 'sha'], 25],
    ['"a.b".c:x', ['a.b', 'c'], 7],
    ['"say \\"hi\\" \\\\"."":', ['say "hi" \\', ''], 18],
    ['größe/x@y', ['größe/x@y'], 9],
  ])('%s is read', (text, path, end) => {
    expect(readPath(text, 0)).toEqual({ path, end });
  });

  it.each([
    ['', 0],
    ['a.', 2],
    ['.a', 0],
    ['-a', 0],
    ['*', 0],
    ['a."b', 2],
    ['a b."', undefined],
  ])('%j is refused at its place', (text, at) => {
    expect(readPath(text, 0)).toEqual(
      at === undefined ? { path: ['a'], end: 1 } : { fault: expect.stringContaining('Expected a path'), at },
    );
  });

  it('has a bounded number of steps and of characters', () => {
    const deep = (steps: number): string => Array(steps).fill('a').join('.');
    expect(readPath(deep(maxSteps), 0)).toMatchObject({ end: 2 * maxSteps - 1 });
    expect(readPath(deep(maxSteps + 1), 0)).toMatchObject({ fault: expect.stringContaining('at most 16') });
    expect(readPath('a'.repeat(maxPathUnits + 1), 0)).toMatchObject({ fault: expect.any(String) });
  });

  it('is printed so that it is read back', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 8 });
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: maxSteps }), path => {
        const text = printPath(path);
        expect(readPath(`${text}:x`, 0)).toEqual({ path, end: text.length });
      }),
    );
  });

  it('is one of the payload or of the metadata', () => {
    expect(['payload', 'metadata', 'request'].map(isPathField)).toEqual([true, true, false]);
  });
});
