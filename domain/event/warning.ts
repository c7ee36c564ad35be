/**
 * What is said about an accepted event. The codes are a closed, documented list (docs/refusals.md): callers
 * branch on them, and they are stored in the column `warnings`, so a code never changes its meaning. A
 * message states what was found and what was done; it never repeats what was sent, because messages reach
 * logs.
 */

/** Every code that `events[].warnings[].code` can hold, in the order of the column, with its meaning. */
export const warningCodes = {
  not_utf8: 'The event held bytes that are not UTF-8; U+FFFD is stored in their place',
  wrapped: 'payload, metadata or request is not an object; it is stored as {"value": …}',
  metadata_as_text: 'A value of metadata is not a string; its JSON text is stored',
  truncated:
    'The event is larger than 256 KiB; size, SHA-256 and the first 16 KiB of a field are stored in its place',
  not_a_name:
    'An id is not a name (1 to 256 characters, no control characters); the JSON keeps it, the ' +
    'column beside it does not',
  not_an_address: 'request.ip_address is neither an IPv4 nor an IPv6 address; it is stored as sent',
  payload_mismatch: 'The payload contradicts the schema that its action and version have in the catalogue',
  no_scope: 'The event has no scope, so no customer sees it',
} as const;

export type WarningCode = keyof typeof warningCodes;

/**
 * `path` is a JSON pointer (RFC 6901) within the event, to the first place of this code; `count` is the
 * number of places if there are several.
 */
export type Warning = { code: WarningCode; path: string; message: string; count?: number };

/** Messages of warnings that several places give. */
export const notUtf8Message = 'Bytes of the event are not UTF-8; U+FFFD is stored in their place';
export const wrappedMessage = 'Expected an object; it is stored as {"value": …}';
export const sha256Message = 'The id is kept as sent; it can be found by its SHA-256 alone (docs/events.md)';

const order = Object.keys(warningCodes);

const byCode = (a: Warning, b: Warning): number => order.indexOf(a.code) - order.indexOf(b.code);

export const noWarnings: readonly Warning[] = [];

/** Collects warnings, at most one of each code, in the order of the codes. Most events give none. */
export class Warnings {
  #list: Warning[] | undefined;

  /** A second warning of a code is counted with the first. */
  add(code: WarningCode, path: string, message: string): void {
    this.#list ??= [];
    const first = this.#list.find(warning => warning.code === code);
    if (first) first.count = (first.count ?? 1) + 1;
    else this.#list.push({ code, path, message });
  }

  get list(): readonly Warning[] {
    return this.#list?.sort(byCode) ?? noWarnings;
  }
}

/** The warnings of several sources, at most one of each code, in the order of the codes. */
export const allWarnings = (...lists: readonly (readonly Warning[])[]): readonly Warning[] => {
  const byCodes = new Map<WarningCode, Warning>();
  for (const warning of lists.flat()) {
    const first = byCodes.get(warning.code);
    const count = (first?.count ?? 1) + (warning.count ?? 1);
    byCodes.set(warning.code, first ? { ...first, count } : warning);
  }
  return [...byCodes.values()].sort(byCode);
};

/** The codes in the form of the column; undefined if there are none. */
export const printWarningCodes = (warnings: readonly Warning[]): string | undefined =>
  warnings.length === 0 ? undefined : warnings.map(({ code }) => code).join(',');
