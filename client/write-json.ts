/**
 * Writes any value as JSON, also values that `JSON.stringify` leaves out, falsifies or throws at. Errors,
 * maps, sets, integers of any size and bytes are written as what they are. Values that JSON does not have (a
 * function, NaN, a circular reference, a getter that throws) become a text, with a warning. It never throws,
 * and stops at a size and a depth, whatever the value does.
 */
import { types } from 'node:util';
import { pointerToken } from '../domain/json/pointer.ts';
import { maxDepth } from './plain-json.ts';
import { nameOfThrown } from './thrown.ts';

/**
 * Where a value could not be written as it is: a JSON pointer to the first such place, and the number of
 * places.
 */
export type JsonWarning = { code: 'not_json' | 'left_out'; path: string; message: string; count: number };

/** `isCut`: it would have been larger than allowed. */
export type WrittenJson = { text: string; warnings: JsonWarning[]; isCut: boolean };

export const writeJson = (value: unknown, maxCharacters: number): WrittenJson => {
  const writer = new JsonWriter(maxCharacters);
  const text = writer.write(value, '') ?? 'null';
  return { text, warnings: [...writer.warnings.values()], isCut: writer.isCut };
};

/** An integer of more bits would take minutes to print. */
const maxInteger = 1n << 65_536n;
const maxPathCharacters = 256;
/** How many values a member of the outermost object may have, so that none takes seconds. */
const maxValues = 100_000;

class JsonWriter {
  readonly warnings = new Map<JsonWarning['code'], JsonWarning>();
  isCut = false;
  #left: number;
  #values = 0;
  readonly #path: string[] = [];
  /** The objects that contain the current value. */
  readonly #around = new Set<object>();

  constructor(maxCharacters: number) {
    this.#left = maxCharacters;
  }

  /** Undefined if the value is to be left out. */
  write(value: unknown, key: string): string | undefined {
    switch (typeof value) {
      case 'undefined':
        return undefined;
      case 'string':
        return this.#string(value);
      case 'number':
        return Number.isFinite(value)
          ? this.#spend(String(value))
          : this.#inWords(String(value), 'no number');
      case 'boolean':
        return this.#spend(String(value));
      case 'bigint':
        if (value > maxInteger || value < -maxInteger)
          return this.#inWords('[an integer]', 'too large an integer');
        return this.#spend(String(value));
      case 'object':
        return value === null ? this.#spend('null') : this.#object(value, key);
      default:
        return this.#unsayable(value as symbol | (() => unknown));
    }
  }

  #spend(text: string): string {
    this.#left -= text.length;
    return text;
  }

  #string(text: string): string {
    if (text.length <= this.#left) return this.#spend(JSON.stringify(text));
    this.#cut();
    // Half a pair at the end would be another character.
    const head = text.slice(0, Math.max(this.#left, 0)).replace(/[\ud800-\udbff]$/, '');
    return this.#spend(JSON.stringify(`${head} [cut]`));
  }

  #warn(code: JsonWarning['code'], message: string): void {
    const known = this.warnings.get(code);
    if (known) known.count += 1;
    else {
      const path = this.#path.map(pointerToken).join('').slice(0, maxPathCharacters);
      this.warnings.set(code, { code, path, message, count: 1 });
    }
  }

  #cut(): void {
    if (!this.isCut)
      this.#warn('left_out', 'The event is larger than a request may be; the rest was left out');
    this.isCut = true;
  }

  /** A text in the place of a value. */
  #inWords(text: string, what: string): string {
    this.#warn('not_json', `JSON cannot hold this value (${what}); a text stands in its place`);
    return this.#string(text);
  }

  #unsayable(value: symbol | (() => unknown)): string {
    if (typeof value === 'symbol') return this.#inWords(String(value), 'a symbol');
    let name: unknown;
    try {
      name = value.name;
    } catch {
      // A proxy: it is a function, and nothing else can be said.
    }
    return this.#inWords(`[Function: ${typeof name === 'string' ? name : ''}]`, 'a function');
  }

  #object(value: object, key: string): string | undefined {
    if (this.#around.has(value)) return this.#inWords('[Circular]', 'it stands in itself');
    if (this.#around.size >= maxDepth) {
      this.#warn(
        'left_out',
        `The event is nested more than ${maxDepth} levels deep; deeper levels were left out`,
      );
      return this.#string('[too deep]');
    }
    this.#around.add(value);
    const depth = this.#path.length;
    try {
      return this.#container(value, key);
    } catch (error) {
      this.#path.length = depth;
      return this.#unreadable(error);
    } finally {
      this.#around.delete(value);
    }
  }

  #unreadable(error: unknown): string {
    return this.#inWords(`[unreadable: ${nameOfThrown(error)}]`, 'it throws when it is read');
  }

  #container(value: object, key: string, mayConvert = true): string | undefined {
    if (types.isDate(value)) return this.#date(value);
    if (types.isNativeError(value) || value instanceof Error) return this.#error(value);
    const bytes = bytesOf(value);
    if (bytes) return this.#bytes(bytes);
    const { toJSON } = value as { toJSON?: unknown };
    if (mayConvert && typeof toJSON === 'function') {
      const made = (toJSON as (key: string) => unknown).call(value, key);
      const isOther = typeof made !== 'object' || made === null || (made !== value && this.#around.has(made));
      return isOther ? this.write(made, key) : this.#container(made, key, false);
    }
    if (types.isBoxedPrimitive(value)) return this.write(value.valueOf(), key);
    if (types.isMap(value)) return this.#map(value);
    if (types.isSet(value)) return this.#list(readsOf(Set.prototype.values.call(value)));
    if (types.isTypedArray(value)) return this.#list(readsOf(value.values()));
    if (Array.isArray(value)) return this.#list(readsOfItems(value));
    const keys = Object.keys(value);
    const tag = keys.length > 0 ? '' : Object.prototype.toString.call(value).slice('[object '.length, -1);
    // Such as a promise, a regular expression, or an object with private state: `{}` would say that it is
    // empty.
    if (tag !== '' && tag !== 'Object') return this.#inWords(String(value), tag);
    return this.#record(readsOfMembers(value, keys));
  }

  #date(date: Date): string {
    const isValid = !Number.isNaN(Date.prototype.getTime.call(date));
    return isValid
      ? this.#string(Date.prototype.toISOString.call(date))
      : this.#inWords('Invalid Date', 'an invalid date');
  }

  /**
   * Never the stack. Of the members that the product added, only those that are not objects: HTTP clients
   * attach requests with their tokens to errors.
   */
  #error(error: Error): string {
    const own = Object.keys(error).filter(
      key => !['name', 'message', 'stack', 'cause', 'errors'].includes(key),
    );
    const members: Read[] = [
      ['name', () => error.name],
      ['message', () => error.message],
      ...['cause', 'errors'].filter(key => Object.hasOwn(error, key)).map(key => readOf(error, key)),
      ...own.map(key => readOf(error, key)),
    ];
    const isAdded = new Set(own);
    return this.#record(
      members.map(([key, read]) => [
        key,
        () => {
          const value = read();
          if (!isAdded.has(key) || typeof value !== 'object' || value === null) return value;
          this.#warn('left_out', 'Of an error, members that are objects are left out, except its cause');
          return undefined;
        },
      ]),
    );
  }

  #bytes(bytes: Buffer): string {
    const text = bytes.subarray(0, Math.max(this.#left, 0)).toString('base64');
    return this.#string(text);
  }

  #map(map: Map<unknown, unknown>): string {
    const known = new Set<string>();
    const nameOf = (key: unknown): string => {
      const text = typeof key === 'string' ? key : this.#nameOfKey(key);
      let name = text;
      // Two keys with the same text are still two members.
      for (let n = 2; known.has(name); n++) name = `${text} (${n})`;
      known.add(name);
      return name;
    };
    const entries = Map.prototype.entries.call(map) as Iterable<[unknown, unknown]>;
    return this.#record(mapped(entries, ([key, value]) => [nameOf(key), () => value] as const));
  }

  #nameOfKey(key: unknown): string {
    if (typeof key === 'symbol') return String(key);
    const text = this.write(key, '') ?? 'undefined';
    return text.startsWith('"') ? (JSON.parse(text) as string) : text;
  }

  #record(members: Iterable<Read>): string {
    let text = '';
    this.#left -= 2;
    for (const [key, read] of members) {
      if (!this.#hasRoomFor(key)) break;
      const value = this.#entry(key, read);
      if (value !== undefined) text += `${text && ','}${this.#spend(JSON.stringify(key))}:${value}`;
    }
    return `{${text}}`;
  }

  #list(items: Iterable<() => unknown>): string {
    let text = '';
    let at = 0;
    this.#left -= 2;
    for (const read of items) {
      if (!this.#hasRoomFor('')) break;
      const value = this.#entry(String(at), read) ?? this.#spend('null');
      text += `${at++ === 0 ? '' : ','}${value}`;
    }
    return `[${text}]`;
  }

  /** Each entry counts, so that nothing is endless. */
  #hasRoomFor(key: string): boolean {
    this.#values = this.#path.length === 0 ? 0 : this.#values + 1;
    if (this.#left <= key.length) this.#cut();
    else if (this.#values > maxValues)
      this.#warn('left_out', `Only ${maxValues} values that are not plain data were kept`);
    else return true;
    return false;
  }

  #entry(key: string, read: () => unknown): string | undefined {
    this.#path.push(key);
    let text: string | undefined;
    try {
      const value = read();
      text = this.write(value, key);
    } catch (error) {
      text = this.#unreadable(error);
    }
    this.#path.pop();
    return text;
  }
}

/** A member: its name, and how to read it, which may throw. */
type Read = readonly [key: string, read: () => unknown];

const readOf = (value: object, key: string): Read => [key, () => (value as Record<string, unknown>)[key]];

function* mapped<T, U>(values: Iterable<T>, map: (value: T) => U): Iterable<U> {
  for (const value of values) yield map(value);
}

const readsOf = (values: Iterable<unknown>): Iterable<() => unknown> => mapped(values, value => () => value);

const readsOfMembers = (value: object, keys: readonly string[]): Iterable<Read> =>
  mapped(keys, key => readOf(value, key));

function* readsOfItems(items: readonly unknown[]): Iterable<() => unknown> {
  for (let at = 0; at < items.length; at++) yield () => items[at];
}

/** Anything that holds bytes, as bytes; they are written in base64. */
const bytesOf = (value: object): Buffer | undefined => {
  if (types.isUint8Array(value) || types.isUint8ClampedArray(value) || types.isDataView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return types.isAnyArrayBuffer(value) ? Buffer.from(value) : undefined;
};
