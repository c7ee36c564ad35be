/** JSON pointers (RFC 6901), which name a place in JSON in messages. */

/** One reference token of a JSON pointer, escaped as RFC 6901 section 3 says. */
export const pointerToken = (key: string | number): string =>
  `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
