/**
 * The value of a header of a CloudEvent in binary mode: unquoted, then percent-decoded once, as the binding
 * says (3.1.3.2). A fault in a descriptive attribute never refuses the event.
 */

import { type Refusal, refuse } from '#domain/event/refusal.ts';
import { notUtf8Message, type Warnings } from '#domain/event/warning.ts';
import { pointerToken } from '#domain/json/pointer.ts';
import { decodeUtf8 } from '#domain/json/utf8.ts';

export const readHeader = (name: string, value: string, warnings: Warnings): string | Refusal => {
  const text = outOfQuotes(value);
  if (structural.has(name)) return readStructural(name, text);
  return readDescription(text, () =>
    warnings.add('not_utf8', `/metadata${pointerToken(`ce_${name}`)}`, notUtf8Message),
  );
};

/** Attributes that must be read in exactly one way: they decide whether two events are the same. */
const structural: ReadonlySet<string> = new Set(['specversion', 'id', 'source', 'type', 'time']);

const outOfQuotes = (value: string): string => {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(value)?.[1];
  return quoted === undefined ? value : quoted.replaceAll(/\\(.)/gs, '$1');
};

const readStructural = (name: string, text: string): string | Refusal => {
  if (/%(?![0-9a-f]{2})/i.test(text))
    return refuse(
      'invalid_cloud_event',
      pointerToken(name),
      'Expected a header that is percent-encoded: "%" is "%25"',
    );
  try {
    if (!/\p{Cs}/u.test(text)) return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  return refuse('invalid_utf8', pointerToken(name), 'Expected a header that is percent-encoded UTF-8');
};

/** A `%` that encodes nothing is kept, and invalid UTF-8 is repaired. */
const readDescription = (text: string, warn: () => void): string => {
  let isRepaired = !text.isWellFormed();
  const read = text.toWellFormed().replaceAll(/(?:%[0-9a-f]{2})+/gi, encoded => {
    const { text: decoded, replaced } = decodeUtf8(Buffer.from(encoded.replaceAll('%', ''), 'hex'));
    isRepaired ||= replaced.at.length > 0;
    return decoded;
  });
  if (isRepaired) warn();
  return read;
};
