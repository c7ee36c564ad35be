/**
 * Reads JSON (RFC 8259) without changing it. JavaScript's own parser loses what an audit log must keep: the
 * form of numbers, the order of keys that look like integers, the first of two equal keys. This reader keeps
 * the tokens of an object's members verbatim, and adds a canonical text that is equal for equal values.
 *
 * Canonical: no whitespace; keys sorted by UTF-16 code units and strings escaped as in RFC 8785; numbers by
 * their exact decimal value (`1.10` is `11e-1`), since RFC 8785's doubles would make two different ids of 20
 * digits equal. A value is irregular if an object in it has a key twice, an escape in it is half of a
 * surrogate pair, or a number in it is beyond a double: readers interpret it differently, so its tokens are
 * its canonical text. Only broken syntax throws. There is no recursion: whatever fits into a request is read,
 * however deep it is.
 */
import { canonicals, ends, type Frame, frames, keys, openFrame, releaseFrames, starts } from './frame.ts';
import { JsonScanner } from './scanner.ts';
import { type JsonKind, kindOf } from './token.ts';

/** A member of an object: the tokens of its value as sent, without the whitespace between them. */
export type JsonMember = {
  key: string;
  text: string;
  canonical: string;
  /**
   * The members of an object: parallel arrays of keys and tokens (for containers only the first character).
   */
  keys: string[];
  tokens: string[];
};

/** A value: its kind, and for an object its members in order; a key may occur twice. */
export type JsonValue = { kind: JsonKind; members: JsonMember[] };

/**
 * A deeper value is irregular. No event of 256 KiB is that deep, since each level takes two bytes. So this
 * only bounds the memory for a hostile text, and decides about nothing that is stored.
 */
const maxDepth = 128 * 1024;

/** Reads one value after another from a text. */
export class JsonReader extends JsonScanner {
  /** How many containers are open. */
  #depth = 0;
  // For the value of a member of the outermost object, compacted: the text so far, and where the rest begins.
  #cut = '';
  #cutEnd = 0;

  /** Reads one value; throws `JsonSyntaxError`. */
  value(): JsonValue {
    const { text } = this;
    const members: JsonMember[] = [];
    releaseFrames();
    this.#depth = 0;
    this.peek();
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
        this.isIrregular = true;
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
        canonical = this.string();
      } else {
        canonical = this.scalar(c);
      }

      // A value has ended, and perhaps the containers around it.
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
          throw this.expected(frame.isObject ? 'object_end' : 'array_end');
        this.position++;
        closed = frame;
        // The canonical text of the outermost value is not needed: its members have theirs.
        canonical = this.#depth === 1 ? undefined : this.#close(frame);
        frame = this.#leave();
      }
    }
  }

  /** Skips a container that is too deep for frames; uses a byte per level. */
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
        if (c === 0x22) this.string();
        else this.scalar(c);
        isEntry = false;
        continue;
      }
      const closer = closers[depth - 1]!;
      if (c === closer) depth--;
      else if (c !== 0x2c) throw this.expected(closer === 0x7d ? 'object_end' : 'array_end');
      this.position++;
      if (c !== 0x2c) continue;
      isEntry = true;
      this.#passSpace();
      if (closer === 0x7d) this.#passKey();
    } while (depth > 0);
  }

  #passKey(): void {
    if (this.text.charCodeAt(this.position) !== 0x22) throw this.expected('key');
    this.string();
    if (this.#passSpace() !== 0x3a) throw this.expected('colon');
    this.position++;
  }

  /** Like `peek`, but drops the whitespace. */
  #passSpace(): number {
    const before = this.position;
    const c = this.peek();
    if (this.position !== before) this.#cutOut(before);
    return c;
  }

  /** Drops the text from `start` to the position from the member's text. */
  #cutOut(start: number): void {
    this.#cut += this.text.slice(this.#cutEnd, start);
    this.#cutEnd = this.position;
  }

  /** Leaves a container; returns the one around it. */
  #leave(): Frame | undefined {
    this.#depth--;
    return this.#depth > 0 ? frames[this.#depth - 1] : undefined;
  }

  #skip(frame: Frame): number {
    const before = this.position;
    const c = this.peek();
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
      if (text.charCodeAt(this.position) !== 0x22) throw this.expected('key');
      if (this.#depth === 1) this.isIrregular = false;
      const canonicalKey = this.string();
      const end = this.position;
      frame.key = this.isEscaped
        ? (JSON.parse(text.slice(frame.entryStart, end)) as string)
        : text.slice(frame.entryStart + 1, end - 1);
      if (this.#skip(frame) !== 0x3a) throw this.expected('colon');
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
        if (key === previous) this.isIrregular = true;
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
          canonical: this.isIrregular ? verbatim : (valueCanonical ?? verbatim),
          keys: closed?.isObject ? closed.keys : none,
          tokens: closed?.isObject ? closed.tokens : none,
        });
      }
      if (frame.keyToken !== undefined || valueCanonical !== undefined) {
        const keyToken = frame.keyToken ?? text.slice(frame.entryStart, frame.valueStart - 1);
        canonical = `${keyToken}:${valueCanonical ?? text.slice(frame.valueStart, end)}`;
      }
    }
    // Keeps the lists at the same length.
    if (!frame.isObject) keys[at] = '';
    starts[at] = frame.entryStart;
    ends[at] = end;
    canonicals[at] = canonical;
    frame.count = count + 1;
    if (canonical !== undefined) frame.isVerbatim = false;
  }

  /** The canonical text of a container that ends at `position`; undefined if the text is canonical itself. */
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

  /** The indexes of the entries, sorted by key. */
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
      if (keys[order[i]!] === keys[order[i - 1]!]) this.isIrregular = true;
    return order;
  }
}

const none: string[] = [];
