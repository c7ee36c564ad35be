/**
 * Scans JSON text (RFC 8259): whitespace, strings and scalars, one after another, each checked. Returns the
 * canonical form of a token if it differs from the token.
 */
import { type JsonFaultCode, JsonSyntaxError } from './fault.ts';
import { canonicalNumber } from './token.ts';

const numberGrammar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const plainInteger = /^-?[1-9]\d*$|^0$/;

export class JsonScanner {
  readonly text: string;
  position: number;
  /** Whether the last string contained an escape. */
  protected isEscaped = false;
  /** Set by half of a surrogate pair, or a number beyond a double. */
  protected isIrregular = false;

  constructor(text: string) {
    this.text = text;
    this.position = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  isAtEnd(): boolean {
    this.peek();
    return this.position >= this.text.length;
  }

  /** Skips whitespace; returns the position. */
  skip(): number {
    this.peek();
    return this.position;
  }

  /** Skips `character` and the whitespace before it; returns whether it was there. */
  take(character: string): boolean {
    if (this.peek() !== character.charCodeAt(0)) return false;
    this.position++;
    return true;
  }

  /** The error for a text that has something else at the position. */
  expected(code: JsonFaultCode): JsonSyntaxError {
    return new JsonSyntaxError(code, Math.min(this.position, this.text.length));
  }

  /**
   * Moves `position` to the next character that is not whitespace (RFC 8259 section 2), and returns it; NaN
   * at the end.
   */
  peek(): number {
    const { text } = this;
    let at = this.position;
    let c = text.charCodeAt(at);
    while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = text.charCodeAt(++at);
    this.position = at;
    return c;
  }

  /** Reads a string token; returns its canonical form if that differs from the token. */
  string(): string | undefined {
    const { text } = this;
    const start = this.position;
    let at = start + 1;
    let isEscaped = false;
    for (;;) {
      const c = text.charCodeAt(at);
      if (c === 0x22) break;
      if (c === 0x5c) {
        isEscaped = true;
        at = this.#escape(at);
      } else if (c >= 0x20) {
        at++;
      } else {
        this.position = at;
        throw this.expected(c < 0x20 ? 'escaped_control' : 'closing_quote');
      }
    }
    this.position = at + 1;
    this.isEscaped = isEscaped;
    if (!isEscaped) return undefined;
    const token = text.slice(start, at + 1);
    const canonical = JSON.stringify(JSON.parse(token));
    return canonical === token ? undefined : canonical;
  }

  /** Skips the escape sequence at `at`. */
  #escape(at: number): number {
    const { text } = this;
    const c = text.charCodeAt(at + 1);
    if (c !== 0x75) {
      if (
        c === 0x22 ||
        c === 0x5c ||
        c === 0x2f ||
        c === 0x62 ||
        c === 0x66 ||
        c === 0x6e ||
        c === 0x72 ||
        c === 0x74
      )
        return at + 2;
      this.position = at;
      throw this.expected('escape');
    }
    const unit = this.#hex(at + 2);
    if (unit < 0xd800 || unit > 0xdfff) return at + 6;
    if (unit < 0xdc00 && text.startsWith('\\u', at + 6) && isLowSurrogate(this.#hex(at + 8))) return at + 12;
    this.isIrregular = true;
    return at + 6;
  }

  #hex(at: number): number {
    const digits = this.text.slice(at, at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
      this.position = at;
      throw this.expected('hex_digits');
    }
    return Number.parseInt(digits, 16);
  }

  /** Reads a number, true, false or null; returns its canonical form if that differs from the token. */
  scalar(c: number): string | undefined {
    const { text } = this;
    const start = this.position;
    const word = c === 0x74 ? 'true' : c === 0x66 ? 'false' : c === 0x6e ? 'null' : undefined;
    if (word !== undefined) {
      if (!text.startsWith(word, start)) throw this.expected('value');
      this.position = start + word.length;
      return undefined;
    }
    if (this.#shortInteger(c)) return undefined;
    numberGrammar.lastIndex = start;
    if (!numberGrammar.test(text)) throw this.expected('value');
    this.position = numberGrammar.lastIndex;
    const token = text.slice(start, this.position);
    if (token.length > 3 && !Number.isFinite(Number(token))) this.isIrregular = true;
    return plainInteger.test(token) ? undefined : canonicalNumber(token);
  }

  /**
   * Skips an unsigned integer of up to 15 digits, as most numbers are; returns false for any other number.
   */
  #shortInteger(first: number): boolean {
    const { text } = this;
    let at = this.position + 1;
    let c = text.charCodeAt(at);
    if (!(first >= 0x31 && first <= 0x39)) return false;
    while (c >= 0x30 && c <= 0x39) c = text.charCodeAt(++at);
    if (c === 0x2e || c === 0x65 || c === 0x45 || at - this.position > 15) return false;
    this.position = at;
    return true;
  }
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
