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

  it('have paths into payload and metadata, which are terms of an export', () => {
    expect(searchFilterOf({ payload: 'branch:main' })).toMatchObject({ payload: 'branch:main' });
    expect(exportFilterOf({ payload: 'branch:main,-run.n:1..2', metadata: 'request.id:r' })).toEqual({
      payload: ['branch:"main"', '-run.n:"1".."2"'],
      metadata: ['request.id:"r"'],
    });
  });

  it.each([
    [{ payload: 'main' }, /--payload: Expected a colon and a value after the path, at character 5 of "main"/],
    [{ actor: '"open' }, /--actor: Expected the quote to be closed.* at character 1/],
    [{ success: 'maybe' }, /--success: Expected true or false, got "maybe"/],
  ])('end the command if they cannot be read: %j', (options, message) => {
    expect(() => exportFilterOf(options)).toThrow(Failure);
    expect(() => exportFilterOf(options)).toThrow(message);
  });
});
