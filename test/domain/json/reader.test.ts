import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonSyntaxError } from '#domain/json/fault.ts';
import { JsonReader } from '#domain/json/reader.ts';
import { jsonText } from '#test/support/builders.ts';

const read = (text: string) => new JsonReader(text).value();
/** The text and canonical form of one value, by way of a member. */
const member = (text: string) => read(`{"m": ${text} }`).members[0]!;
/**
 * Whether a value makes the member that it stands in irregular: then that keeps its order and the form of its
 * numbers.
 */
const isIrregular = (text: string): boolean =>
  member(`{"z": 1.0, "a": ${text}}`).canonical === `{"z":1.0,"a":${text}}`;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('the reader of JSON text', () => {
  it('takes exactly the texts that are JSON', () => {
    const nearJson = fc.oneof(
      jsonText,
      fc.string(),
      fc
        .array(
          fc.constantFrom(
            '{',
            '}',
            '[',
            ']',
            ',',
            ':',
            '"a"',
            '1',
            '-',
            '.5',
            'e3',
            'true',
            'null',
            ' ',
            '\\',
            '"',
            '\u0001',
          ),
        )
        .map(tokens => tokens.join('')),
    );
    fc.assert(
      fc.property(nearJson, text => {
        const reader = new JsonReader(text);
        let isTaken = true;
        try {
          reader.value();
          isTaken = reader.isAtEnd();
        } catch (error) {
          expect(error).toBeInstanceOf(JsonSyntaxError);
          isTaken = false;
        }
        expect(isTaken).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps a compact text as it is', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        value => void expect(member(JSON.stringify(value)).text).toBe(JSON.stringify(value)),
      ),
    );
  });

  it('takes only the whitespace between tokens out', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(1, 3, '\t'), (value, indent) => {
        expect(member(JSON.stringify(value, null, indent)).text).toBe(JSON.stringify(value));
      }),
    );
    expect(member(' { "a b" : [ 1 , "x y\\n" ] } ').text).toBe('{"a b":[1,"x y\\n"]}');
  });

  it.each([
    '12345678901234567890123',
    '1.10',
    '1E5',
    '-0',
    '{"2":1,"1":2}',
    '{"__proto__":{"x":1}}',
    '"\\u00e9\\/\\ud83e\\udda9"',
    '"\\u0000"',
    '"🦩"',
    '1e-400',
  ])('keeps the tokens of %s', text => {
    expect(member(text).text).toBe(text);
    expect(isIrregular(text)).toBe(false);
  });

  it('gives equal values one canonical text, whatever their order, escapes and whitespace', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(member(printOtherwise(value)).canonical).toBe(member(JSON.stringify(value)).canonical);
      }),
    );
  });

  it('gives different values different canonical texts', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        fc.pre(JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b)));
        expect(member(JSON.stringify(a)).canonical).not.toBe(member(JSON.stringify(b)).canonical);
      }),
    );
  });

  it.each([
    ['1.10', '1.1'],
    ['1E5', '100000'],
    ['-0', '0'],
    ['0.0e7', '0'],
    ['15e-1', '1.5'],
    ['1e-999999999999999999999', '10e-1000000000000000000000'],
  ])('takes %s and %s for the same number', (a, b) => {
    expect(member(a).canonical).toBe(member(b).canonical);
  });

  it.each([
    '{"a":1,"a":2}',
    '{"b":1,"a":1,"c":1,"a":2}',
    '[{"p":{"a":1,"\\u0061":2}}]',
    '1e999',
    '-1e309',
    '[[1e99999]]',
    '"\\ud800"',
    '"\\udc00x"',
    '"\\ud800\\ud800"',
    '{"\\uD800":1}',
    `1${'0'.repeat(309)}`,
  ])('takes %s for irregular, and keeps its tokens as the canonical text', text => {
    expect(isIrregular(text)).toBe(true);
  });

  it.each([
    '1e308',
    '1e-999',
    '12345678901234567890123',
    '"\\ud83e\\udda9"',
    '[{"a":1},{"a":1}]',
    '{"a":{"a":1}}',
  ])('does not take %s for irregular', text => {
    expect(isIrregular(text)).toBe(false);
  });

  it('takes only the member for irregular that holds something irregular', () => {
    const { members } = read('{"a":{"z":1,"y":1.0},"b":{"z":1,"y":1e400},"c":{"z":1,"y":1.0}}');
    expect(members.map(({ canonical }) => canonical)).toEqual([
      '{"y":1,"z":1}',
      '{"z":1,"y":1e400}',
      '{"y":1,"z":1}',
    ]);
  });

  it('finds a key that occurs twice among many', () => {
    const keys = Array.from({ length: 40 }, (_, i) => `"k${(i * 7) % 40}":0`);
    expect(isIrregular(`{${keys.join(',')}}`)).toBe(false);
    expect(isIrregular(`{${keys.join(',')},"k3":1}`)).toBe(true);
  });

  it.each([
    ['lists', '[', ']', 2_000_000],
    ['lists with spaces', ' [ ', ' ] ', 600_000],
    ['objects', '{"a":', '}', 600_000],
    ['objects with spaces and members beside', '{ "x" : [1, "]"] , "\\u0061" :\n', ' }', 130_000],
  ])('reads %s nested as deeply as a request can hold, and compacts them', (_, open, close, depth) => {
    const text = `${open.repeat(depth)}0${close.repeat(depth)}`;
    const compact = (part: string) => part.replaceAll(/\s/g, '');
    expect(member(text).text).toBe(`${compact(open).repeat(depth)}0${compact(close).repeat(depth)}`);
  });

  it.each([
    ['[', ']', '0 0'],
    ['[', ']', '0,'],
    ['[', ']', '{"a" 1}'],
    ['[', ']', '{a:1}'],
    ['[', ']', '{"a":1,}'],
    ['[', ']', '[1}'],
    ['[', ']', '"\u0001"'],
    ['[', '', '0'],
    ['{"a":', '}', '[01]'],
    ['{"a":', ']', '0'],
  ])('finds what is not JSON below %s however deep it is: %s%s', (open, close, text) => {
    const depth = 140_000;
    expect(() => member(open.repeat(depth) + text + close.repeat(depth))).toThrow(JsonSyntaxError);
    expect(() => member(open + text + close)).toThrow(JsonSyntaxError);
  });
});

const sorted = (value: unknown): unknown => {
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner), '']);
};

/**
 * The value as JSON with its keys in the opposite order, all characters escaped, numbers and spaces in
 * another form.
 */
const printOtherwise = (value: unknown): string => {
  if (typeof value === 'string') {
    const units = Array.from(
      { length: value.length },
      (_, i) => `\\u${value.charCodeAt(i).toString(16).padStart(4, '0')}`,
    );
    return `"${units.join('')}"`;
  }
  if (Array.isArray(value)) return `[ ${value.map(printOtherwise).join(' , ')} ]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([key, inner]) => `${printOtherwise(key)} :\n${printOtherwise(inner)}`,
    );
    return `{${members.reverse().join('\t,')}}`;
  }
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e15
    ? `${value * 10}E-1`
    : JSON.stringify(value);
};
