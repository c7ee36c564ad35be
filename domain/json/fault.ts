/** Why a text is not JSON (RFC 8259). */

/** What a text lacks at the place where reading stopped; a closed list. */
export const jsonFaults = {
  value: 'a JSON value',
  key: 'a key in double quotes',
  colon: '":"',
  object_end: '"," or "}"',
  array_end: '"," or "]"',
  closing_quote: 'a closing double quote',
  escaped_control: 'control characters to be escaped',
  escape: 'one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u',
  hex_digits: 'four hexadecimal digits',
  end: 'the end of the text',
} as const;
export type JsonFaultCode = keyof typeof jsonFaults;

/**
 * Broken syntax at `offset`, in UTF-16 code units from the start of the text. The message does not repeat the
 * text.
 */
export class JsonSyntaxError extends Error {
  readonly code: JsonFaultCode;
  readonly offset: number;
  constructor(code: JsonFaultCode, offset: number) {
    super(`Expected ${jsonFaults[code]}`);
    this.name = 'JsonSyntaxError';
    this.code = code;
    this.offset = offset;
  }
}
