import { describe, expect, it } from 'vitest';
import { messageOfThrown, nameOfThrown } from '#client/thrown.ts';

const hostile = {
  get code(): never {
    throw new Error('a getter');
  },
  get message(): never {
    throw new Error('a getter');
  },
};

describe('what was thrown', () => {
  it.each([
    [Object.assign(new Error('secret'), { code: 'ECONNRESET' }), 'ECONNRESET'],
    [new TypeError('secret'), 'TypeError'],
    [null, 'null'],
    ['secret', 'string'],
    [undefined, 'undefined'],
    [hostile, 'unknown'],
  ])('has a name that is never its message', (thrown, name) => {
    expect(nameOfThrown(thrown)).toBe(name);
  });

  it('has a message of limited length, or its name', () => {
    expect(messageOfThrown(new Error('x'.repeat(2000)))).toHaveLength(1000);
    expect(messageOfThrown(new TypeError(''))).toBe('TypeError');
    expect(messageOfThrown(hostile)).toBe('unknown');
  });
});
