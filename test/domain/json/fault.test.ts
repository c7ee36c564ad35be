import { expect, it } from 'vitest';
import { type JsonFaultCode, JsonSyntaxError, jsonFaults } from '#domain/json/fault.ts';
import { JsonReader } from '#domain/json/reader.ts';

/** For each code a text that lacks what it names, and where. */
const lacking: Record<Exclude<JsonFaultCode, 'end'>, [text: string, offset: number]> = {
  value: ['[nul]', 1],
  key: ['{a:1}', 1],
  colon: ['{"a" 1}', 5],
  object_end: ['{"a":1]', 6],
  array_end: ['[1 2]', 3],
  closing_quote: ['"abc', 4],
  escaped_control: ['"a\u0001"', 2],
  escape: ['"\\x"', 1],
  hex_digits: ['"\\u12g4"', 3],
};

it.each(Object.entries(lacking))('says what the text lacks, and where: %s', (code, [text, offset]) => {
  let error: unknown;
  try {
    new JsonReader(text).value();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(JsonSyntaxError);
  expect(error).toMatchObject({ code, offset, message: `Expected ${jsonFaults[code as JsonFaultCode]}` });
});

it('leaves it to who reads the text to say what may stand behind a value', () => {
  const reader = new JsonReader('1 2');
  reader.value();
  expect(reader.isAtEnd()).toBe(false);
  expect(reader.expected('end')).toMatchObject({ code: 'end', offset: 2 });
});
