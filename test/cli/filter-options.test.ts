import { describe, expect, it } from 'vitest';
import { Failure } from '#cli/failure.ts';
import { exportFilterOf, searchFilterOf } from '#cli/filter-options.ts';

describe('the options that filter', () => {
  it('are nothing if none is given', () => {
    expect(exportFilterOf({})).toBeUndefined();
  });

  it('are the members of a search as they are', () => {
    expect(searchFilterOf({ actor: 'a,-b', request: 'r', trace: 't', text: 'x' })).toMatchObject({
      actor: 'a,-b',
      request_id: 'r',
      client_trace_id: 't',
      q: 'x',
    });
  });

  it('are values of an export if they are plain, and terms otherwise', () => {
    expect(exportFilterOf({ action: 'a.b', actor: '"a, b"', success: 'false', text: 'x,y' })).toEqual({
      action: 'a.b',
      actor: 'a, b',
      success: false,
      q: 'x,y',
    });
    expect(
      exportFilterOf({ action: 'user.*,-user.login', id: '-0*', success: '-true', address: '1..2' }),
    ).toEqual({
      action: ['"user."*', '-"user.login"'],
      id: ['-"0"*'],
      success: ['-"true"'],
      address: ['"1".."2"'],
    });
  });

  it.each([
    [{ actor: '"open' }, /--actor: Expected the quote to be closed.* at character 1/],
    [{ success: 'maybe' }, /--success: Expected true or false, got "maybe"/],
  ])('end the command if they cannot be read: %j', (options, message) => {
    expect(() => exportFilterOf(options)).toThrow(Failure);
    expect(() => exportFilterOf(options)).toThrow(message);
  });
});
