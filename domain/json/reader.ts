/**
 * Reads JSON (RFC 8259) without changing it. JavaScript's own parser loses what an audit log must keep:
 * the form of numbers, the order of keys that look like integers, the first of two equal keys. Here the
 * members of an object keep their tokens verbatim, and beside them get a canonical text that is equal for
 * equal values.
 *
 * Canonical: no whitespace; keys sorted by UTF-16 code units and strings escaped as in RFC 8785; numbers by
 * their exact decimal value (`1.10` is `11e-1`), since RFC 8785's doubles would make two different ids of
 * 20 digits equal. A value is irregular if an object in it has a key twice, an escape in it is half of a surrogate
 * pair, or a number in it is beyond a double: readers differ about what it says, so its tokens are its canonical text.
 * Only broken syntax throws. There is no recursion: whatever fits into a request is read, however deep it is.
 */
import { canonicals, ends, type Frame, frames, keys, openFrame, releaseFrames, starts } from './frame.ts';
import { canonicalNumber, type JsonKind, kindOf } from './token.ts';

/** Broken JSON syntax at `offset` (UTF-16 code units from the start of the text). */
export class JsonSyntaxError extends Error {
  readonly offset: number;
  constructor(expected: string, offset: number) {
    super(`Expected ${expected}`);
    this.name = 'JsonSyntaxError';
    this.offset = offset;
  }
}

/** A member of an object: its value's tokens as sent, less the whitespace between them. */
export type JsonMember = {
  key: string;
  text: string;
  canonical: string;
  /** The members of an object: parallel arrays of keys and of tokens (of containers only the first character). */
  keys: string[];
  tokens: string[];
};

/** A value as read: its kind, and if it is an object, its members in their order; a key may stand in it twice. */
export type JsonValue = { kind: JsonKind; members: JsonMember[] };

/**
 * What is deeper is irregular. No event of 256 KiB is: each level takes two bytes. So this only bounds what the reader
 * holds of a hostile text, and decides about nothing that is stored.
 */
const maxDepth = 128 * 1024;

const numberGrammar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const plainInteger = /^-?[1-9]\d*$|^0$/;

/** Reads one value after another from one text. */
export class JsonReader {
  readonly text: string;
  position: number;
  /** How many containers are open. */
  #depth = 0;
  #isEscaped = false;
  /** Whether the member of the outermost object that is being read is irregular. */
  #isIrregular = false;
  // The value of a member of the outermost object, compacted: what has been cut, and where the rest begins.
  #cut = '';
  #cutEnd = 0;

  constructor(text: string) {
    this.text = text;
    this.position = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  isAtEnd(): boolean {
    this.#peek();
    return this.position >= this.text.length;
  }

  /** Steps over whitespace; gives the position. */
  skip(): number {
    this.#peek();
    return this.position;
  }

  /** Steps over `character`, and whitespace before it, and says whether it stood there. */
  take(character: string): boolean {
    if (this.#peek() !== character.charCodeAt(0)) return false;
    this.position++;
    return true;
  }

  expected(what: string): JsonSyntaxError {
    return new JsonSyntaxError(what, Math.min(this.position, this.text.length));
  }

  /** Reads one value; throws `JsonSyntaxError`. */
  value(): JsonValue {
    const { text } = this;
    const members: JsonMember[] = [];
    releaseFrames();
    this.#depth = 0;
    this.#peek();
    const kind = kindOf(text[this.position] ?? '');
    let frame: Frame | undefined;

    for (;;) {
      // A value begins.
      const start = this.position;
      const c = text.charCodeAt(start);
      let canonical: string | undefined;
      let closed: Frame | undefined;
      if (this.#depth === 1) {
        this.#cut = '';
        this.#cutEnd = start;
      }
      if ((c === 0x7b || c === 0x5b) && this.#depth === maxDepth) {
        this.#isIrregular = true;
        this.#passOver();
      } else if (c === 0x7b || c === 0x5b) {
        frame = openFrame(this.#depth++, c === 0x7b);
        this.position = start + 1;
        if (this.#skip(frame) !== (c === 0x7b ? 0x7d : 0x5d)) {
          this.#beginEntry(frame);
          continue;
        }
        this.position++;
        canonical = frame.isVerbatim ? undefined : c === 0x7b ? '{}' : '[]';
        closed = frame;
        frame = this.#leave();
      } else if (c === 0x22) {
        canonical = this.#string();
      } else {
        canonical = this.#scalar(c);
      }

      // A value has ended, and with it perhaps the containers around it.
      for (;;) {
        if (frame === undefined) {
          releaseFrames();
          return { kind, members };
        }
        this.#endEntry(frame, canonical, closed, members);
        const next = this.#skip(frame);
        if (next === 0x2c) {
          this.position++;
          this.#skip(frame);
          this.#beginEntry(frame);
          break;
        }
        if (next !== (frame.isObject ? 0x7d : 0x5d))
          throw this.expected(frame.isObject ? '"," or "}"' : '"," or "]"');
        this.position++;
        closed = frame;
        // Nobody asks for the canonical text of the outermost value: its members have theirs.
        canonical = this.#depth === 1 ? undefined : this.#close(frame);
        frame = this.#leave();
      }
    }
  }

  /** Steps over a container that is too deep to be kept in frames: a byte is held of each level. */
  #passOver(): void {
    let closers = new Uint8Array(64);
    let depth = 0;
    let isEntry = true;
    do {
      const c = this.#passSpace();
      if (isEntry && (c === 0x7b || c === 0x5b)) {
        if (depth === closers.length) {
          const larger = new Uint8Array(2 * depth);
          larger.set(closers);
          closers = larger;
        }
        closers[depth++] = c + 2;
        this.position++;
        isEntry = this.#passSpace() !== c + 2;
        if (isEntry && c === 0x7b) this.#passKey();
        continue;
      }
      if (isEntry) {
        if (c === 0x22) this.#string();
        else this.#scalar(c);
        isEntry = false;
        continue;
      }
      const closer = closers[depth - 1]!;
      if (c === closer) depth--;
      else if (c !== 0x2c) throw this.expected(closer === 0x7d ? '"," or "}"' : '"," or "]"');
      this.position++;
      if (c !== 0x2c) continue;
      isEntry = true;
      this.#passSpace();
      if (closer === 0x7d) this.#passKey();
    } while (depth > 0);
  }

  #passKey(): void {
    if (this.text.charCodeAt(this.position) !== 0x22) throw this.expected('a key in double quotes');
    this.#string();
    if (this.#passSpace() !== 0x3a) throw this.expected('":"');
    this.position++;
  }

  /** As `#peek`, where whitespace is not kept. */
  #passSpace(): number {
    const before = this.position;
    const c = this.#peek();
    if (this.position !== before) this.#cutOut(before);
    return c;
  }

  /** Leaves out of the member's text what stands from `start` to the position. */
  #cutOut(start: number): void {
    this.#cut += this.text.slice(this.#cutEnd, start);
    this.#cutEnd = this.position;
  }

  /** The next character that is not whitespace (RFC 8259 section 2), which `position` is moved to; NaN at the end. */
  #peek(): number {
    const { text } = this;
    let at = this.position;
    let c = text.charCodeAt(at);
    while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = text.charCodeAt(++at);
    this.position = at;
    return c;
  }

  /** Steps out of a container; gives the one around it. */
  #leave(): Frame | undefined {
    this.#depth--;
    return this.#depth > 0 ? frames[this.#depth - 1] : undefined;
  }

  #skip(frame: Frame): number {
    const before = this.position;
    const c = this.#peek();
    if (this.position !== before) {
      frame.isVerbatim = false;
      if (this.#depth > 1) this.#cutOut(before);
    }
    return c;
  }

  #beginEntry(frame: Frame): void {
    frame.entryStart = this.position;
    if (frame.isObject) {
      const { text } = this;
      if (text.charCodeAt(this.position) !== 0x22) throw this.expected('a key in double quotes');
      if (this.#depth === 1) this.#isIrregular = false;
      const canonicalKey = this.#string();
      const end = this.position;
      frame.key = this.#isEscaped
        ? (JSON.parse(text.slice(frame.entryStart, end)) as string)
        : text.slice(frame.entryStart + 1, end - 1);
      if (this.#skip(frame) !== 0x3a) throw this.expected('":"');
      this.position++;
      this.#skip(frame);
      frame.keyToken =
        canonicalKey ?? (this.position === end + 1 ? undefined : text.slice(frame.entryStart, end));
    }
    frame.valueStart = this.position;
  }

  #endEntry(
    frame: Frame,
    valueCanonical: string | undefined,
    closed: Frame | undefined,
    members: JsonMember[],
  ): void {
    const { text } = this;
    const depth = this.#depth;
    const end = this.position;
    const { count } = frame;
    const at = frame.base + count;
    let canonical = valueCanonical;
    if (frame.isObject) {
      const key = frame.key!;
      if (frame.isSorted && count > 0) {
        const previous = keys[at - 1]!;
        if (key === previous) this.#isIrregular = true;
        else if (key < previous) frame.isSorted = false;
      }
      keys[at] = key;
      if (depth === 2) {
        const c = text.charCodeAt(frame.valueStart);
        frame.keys[count] = key;
        frame.tokens[count] = c === 0x7b ? '{' : c === 0x5b ? '[' : text.slice(frame.valueStart, end);
      } else if (depth === 1) {
        const verbatim = this.#cut + text.slice(this.#cutEnd, end);
        members.push({
          key,
          text: verbatim,
          canonical: this.#isIrregular ? verbatim : (valueCanonical ?? verbatim),
          keys: closed?.isObject ? closed.keys : none,
          tokens: closed?.isObject ? closed.tokens : none,
        });
      }
      if (frame.keyToken !== undefined || valueCanonical !== undefined) {
        const keyToken = frame.keyToken ?? text.slice(frame.entryStart, frame.valueStart - 1);
        canonical = `${keyToken}:${valueCanonical ?? text.slice(frame.valueStart, end)}`;
      }
    }
    // So that the lists are of one length.
    if (!frame.isObject) keys[at] = '';
    starts[at] = frame.entryStart;
    ends[at] = end;
    canonicals[at] = canonical;
    frame.count = count + 1;
    if (canonical !== undefined) frame.isVerbatim = false;
  }

  /** The canonical text of a container that ends at `position`; undefined where the text itself is that. */
  #close(frame: Frame): string | undefined {
    if (frame.isSorted && frame.isVerbatim) return undefined;
    const order = frame.isSorted ? undefined : this.#sortedOrder(frame);
    let out = frame.isObject ? '{' : '[';
    for (let i = 0; i < frame.count; i++) {
      const at = order ? order[i]! : frame.base + i;
      if (i > 0) out += ',';
      out += canonicals[at] ?? this.text.slice(starts[at], ends[at]);
    }
    return out + (frame.isObject ? '}' : ']');
  }

  /** The order of the entries by their keys, as places in the lists. */
  #sortedOrder({ base, count }: Frame): number[] {
    const order: number[] = [];
    for (let i = 0; i < count; i++) order.push(base + i);
    if (count > 16) order.sort((a, b) => (keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b));
    else {
      for (let i = 1; i < order.length; i++) {
        const moving = order[i]!;
        let at = i;
        while (at > 0 && keys[order[at - 1]!]! > keys[moving]!) order[at] = order[--at]!;
        order[at] = moving;
      }
    }
    for (let i = 1; i < order.length; i++)
      if (keys[order[i]!] === keys[order[i - 1]!]) this.#isIrregular = true;
    return order;
  }

  /** Reads a string token; gives its canonical form where that is not the token itself. */
  #string(): string | undefined {
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
        throw this.expected(c < 0x20 ? 'control characters to be escaped' : 'a closing double quote');
      }
    }
    this.position = at + 1;
    this.#isEscaped = isEscaped;
    if (!isEscaped) return undefined;
    const token = text.slice(start, at + 1);
    const canonical = JSON.stringify(JSON.parse(token));
    return canonical === token ? undefined : canonical;
  }

  /** Steps over the escape sequence at `at`. */
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
      throw this.expected('one of the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u');
    }
    const unit = this.#hex(at + 2);
    if (unit < 0xd800 || unit > 0xdfff) return at + 6;
    if (unit < 0xdc00 && text.startsWith('\\u', at + 6) && isLowSurrogate(this.#hex(at + 8))) return at + 12;
    this.#isIrregular = true;
    return at + 6;
  }

  #hex(at: number): number {
    const digits = this.text.slice(at, at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) {
      this.position = at;
      throw this.expected('four hexadecimal digits');
    }
    return Number.parseInt(digits, 16);
  }

  /** Reads a number, true, false or null; gives the canonical form where that is not the token itself. */
  #scalar(c: number): string | undefined {
    const { text } = this;
    const start = this.position;
    const word = c === 0x74 ? 'true' : c === 0x66 ? 'false' : c === 0x6e ? 'null' : undefined;
    if (word !== undefined) {
      if (!text.startsWith(word, start)) throw this.expected('a JSON value');
      this.position = start + word.length;
      return undefined;
    }
    if (this.#shortInteger(c)) return undefined;
    numberGrammar.lastIndex = start;
    if (!numberGrammar.test(text)) throw this.expected('a JSON value');
    this.position = numberGrammar.lastIndex;
    const token = text.slice(start, this.position);
    if (token.length > 3 && !Number.isFinite(Number(token))) this.#isIrregular = true;
    return plainInteger.test(token) ? undefined : canonicalNumber(token);
  }

  /**
   * Steps over an integer of up to 15 digits without sign, which most numbers are; false where another number
   * stands.
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

const none: string[] = [];

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
