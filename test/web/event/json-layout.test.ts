import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOutJson, layOutPieces, maxLaidOut, nameOf } from '#web/event/json-layout.ts';

describe('JSON laid out in lines', () => {
  it('is what JSON.stringify makes of it, for values that a parser keeps', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const text = JSON.stringify(value);
        expect(layOutJson(text)).toBe(JSON.stringify(JSON.parse(text), null, 2));
      }),
    );
  });

  it('keeps numbers and escapes as they were sent', () => {
    expect(layOutJson('{"a":1.10,"b":"\\u00e9{,","c":[],"a":1e400}')).toBe(
      '{\n  "a": 1.10,\n  "b": "\\u00e9{,",\n  "c": [],\n  "a": 1e400\n}',
    );
  });

  it('has each scalar with the names of the members around it', () => {
    const pieces = layOutPieces('{"a":[1,{"b c":"x:"},[true]],"\\u0064":null,"e":{},"f":""}');
    expect(pieces.filter(piece => typeof piece !== 'string')).toEqual([
      { token: '1', path: ['a'] },
      { token: '"x:"', path: ['a', 'b c'] },
      { token: 'true', path: ['a'] },
      { token: 'null', path: ['d'] },
      { token: '""', path: ['f'] },
    ]);
    expect(nameOf('"\\x"')).toBe('"\\x"');
  });

  it('of any text ends, and says that it was cut', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(layOutJson(text).length).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(layOutJson(`[${'1,'.repeat(maxLaidOut)}1]`).endsWith('…')).toBe(true);
    expect(layOutJson('['.repeat(5000)).length).toBeLessThan(1_000_000);
  });
});
